// Draws the map on its canvas: base map, trails, clients, the chosen one.
//
// A few clients are discs with their names. Many are dots painted into the pixels of an image, which
// costs the same for 100,000 as a few milliseconds of copying, and cells with many have a number.
import { basemapDraw } from './basemap.js';
import { Crowd } from './crowd.js';
import { Labels, boxAround, boxOfBoth, boxOfLine } from './labels.js';
import { NAMES_FONT, namesDraw, namesPlace } from './names.js';
import { coversMost } from './tiles.js';
import { View } from './view.js';
import { countSay } from './words.js';

const DISCS_MAX = 1500; // more are dots
const NAMES_MAX = 40; // more have no names
const NAME_FONT = '12px system-ui, sans-serif';
const NAME_LINE = 16; // pixels of a name's height
const NAME_ASIDE = 9; // pixels from a client to its name
const DISC = 5; // pixels from the middle of a client to its edge
const RING = 10; // pixels around the chosen one
const BASE_SPARE = 1.5; // the base map is drawn for so much more than the screen
const BASE_SCALE_MAX = 2; // while the map moves the base map is stretched so far
const COLOURS = ['water', 'land', 'coast', 'border', 'town', 'client', 'trail', 'chosen', 'name', 'halo',
    'veil'];

// Pixels from the middle of a cluster to its edge.
const radiusOf = (count) => 12 + 3 * Math.log10(count);

export class Painter {
    crowd = new Crowd();
    clusters = [];
    tiles = null; // below what is drawn here (tiles.js); null: none
    hasTowns = false; // whether the newest frame has names of towns
    #canvas;
    #context;
    #baseCanvas = document.createElement('canvas');
    #base = null; // what part of the world is on it, as a view; null: nothing
    #before = ''; // the view of the frame before
    #tilesCanvas = document.createElement('canvas');
    #tiled = ''; // what tiles are on it
    #dots = document.createElement('canvas');
    #image = null;
    #colours = {};
    #ratio = 1;
    #widths = new Map(); // of the names of towns, in pixels ...
    #measured = null; // ... of these towns

    constructor(canvas) {
        this.#canvas = canvas;
        this.#context = canvas.getContext('2d', { alpha: false });
        this.readColours();
    }

    // The colours are the style sheet's.
    readColours() {
        const style = getComputedStyle(this.#canvas);
        for (const name of COLOURS) {
            this.#colours[name] = style.getPropertyValue(`--${name}`).trim();
        }
        this.#base = null;
        this.#tiled = '';
    }

    // Takes the size of the canvas on the screen; true: it has changed.
    fit(view) {
        const ratio = Math.min(3, devicePixelRatio || 1);
        const { clientWidth, clientHeight } = this.#canvas;
        const width = Math.max(1, Math.round(clientWidth * ratio));
        const height = Math.max(1, Math.round(clientHeight * ratio));
        if (this.#canvas.width === width && this.#canvas.height === height &&
            view.width === clientWidth) {
            return false;
        }
        this.#ratio = ratio;
        for (const [canvas, spare] of [[this.#canvas, 1], [this.#dots, 1], [this.#tilesCanvas, 1],
            [this.#baseCanvas, BASE_SPARE]]) {
            canvas.width = Math.round(width * spare);
            canvas.height = Math.round(height * spare);
        }
        this.#image = null;
        this.#base = null;
        this.#tiled = '';
        view.resize(clientWidth, clientHeight);
        return true;
    }

    // Draws a frame. True: it is not as sharp as it can be, and wants to be drawn again.
    draw({ view, scales, towns, clients, chosen }) {
        const context = this.#context;
        context.setTransform(1, 0, 0, 1, 0, 0);
        const isBlurred = this.#drawBase(view, scales);
        const isTiled = this.#drawTiles(view);
        this.crowd.gather(clients, view, 8);
        const isCrowded = this.crowd.count > DISCS_MAX;
        this.clusters = isCrowded ? this.crowd.clusters(view) : [];
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        const labels = new Labels();
        const names = this.#placeNames(view, clients, chosen, labels);
        this.hasTowns = towns.length > 0 && !isTiled; // tiles have names of their own
        if (this.hasTowns) {
            this.#drawTowns(towns, view, labels);
        }
        if (isCrowded) {
            this.#drawDots();
        } else {
            this.#drawTrails(view, clients);
            this.#drawDiscs();
        }
        this.#drawClusters();
        names.forEach(({ text, x, y }) => this.#drawName(text, x, y));
        if (chosen !== null) {
            this.#drawChosen(view, clients, chosen);
        }
        return isBlurred;
    }

    // Copies the base map, which is drawn anew when it does not reach, or, once the map stands still,
    // when it was stretched. Returns whether it was stretched.
    #drawBase(view, scales) {
        const key = [view.x, view.y, view.zoom, scales.length].join();
        const isMoving = key !== this.#before;
        this.#before = key;
        if (!this.#reaches(view, scales) || (this.#base.zoom !== view.zoom && !isMoving)) {
            this.#makeBase(view, scales);
        }
        const { x, y, size, width, height } = this.#base;
        const scale = view.size / size;
        const across = x - view.x;
        const left = view.width / 2 + (across - Math.round(across)) * view.size - width / 2 * scale;
        const top = view.height / 2 + (y - view.y) * view.size - height / 2 * scale;
        this.#context.drawImage(this.#baseCanvas, left * this.#ratio, top * this.#ratio,
            this.#baseCanvas.width * scale, this.#baseCanvas.height * scale);
        return scale !== 1;
    }

    // Whether the base map, stretched a little, has all of the screen.
    #reaches(view, scales) {
        if (this.#base === null || this.#base.scales !== scales) {
            return false;
        }
        const { x, y, size, width, height } = this.#base;
        const scale = view.size / size;
        const across = x - view.x;
        const offX = Math.abs(across - Math.round(across)) * view.size;
        const offY = Math.abs(y - view.y) * view.size;
        return scale <= BASE_SCALE_MAX && scale >= 1 / BASE_SCALE_MAX &&
            width / 2 * scale >= view.width / 2 + offX && height / 2 * scale >= view.height / 2 + offY;
    }

    #makeBase(view, scales) {
        const { width, height } = this.#baseCanvas;
        this.#base = Object.assign(new View(), { scales, x: view.x, y: view.y, zoom: view.zoom,
            width: width / this.#ratio, height: height / this.#ratio });
        const context = this.#baseCanvas.getContext('2d', { alpha: false });
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        basemapDraw(context, scales, this.#base, this.#colours);
    }

    // Copies the tiles, which are drawn anew when the map moves or more have come; in the dark under a
    // veil. Returns whether they are most of what is seen.
    #drawTiles(view) {
        const images = this.tiles?.look(view, this.#ratio) ?? [];
        if (images.length === 0) {
            return false;
        }
        const key = [view.x, view.y, view.zoom, this.tiles.version, images.length].join();
        if (key !== this.#tiled) {
            this.#tiled = key;
            this.#makeTiles(images);
        }
        this.#context.drawImage(this.#tilesCanvas, 0, 0);
        return coversMost(images, this.#canvas.width, this.#canvas.height);
    }

    #makeTiles(images) {
        const { width, height } = this.#tilesCanvas;
        const context = this.#tilesCanvas.getContext('2d');
        context.clearRect(0, 0, width, height);
        context.globalCompositeOperation = 'source-over';
        for (const one of images) {
            context.drawImage(one.image, one.left, one.top, one.width, one.height);
        }
        context.globalCompositeOperation = 'source-atop';
        context.fillStyle = this.#colours.veil;
        context.fillRect(0, 0, width, height);
    }

    #drawTowns(towns, view, labels) {
        const context = this.#context;
        if (towns !== this.#measured) {
            this.#measured = towns;
            this.#widths.clear();
        }
        const widthOf = (name) => {
            if (!this.#widths.has(name)) {
                context.font = NAMES_FONT;
                this.#widths.set(name, context.measureText(name).width);
            }
            return this.#widths.get(name);
        };
        namesDraw(context, namesPlace(towns, view, widthOf, labels, this.#discs()), this.#colours);
    }

    #drawDots() {
        const { width, height } = this.#dots;
        const context = this.#dots.getContext('2d');
        this.#image ??= context.createImageData(width, height);
        const pixels = new Uint32Array(this.#image.data.buffer);
        pixels.fill(0);
        this.crowd.paint(pixels, width, height,
            { ratio: this.#ratio, radius: Math.round(this.#ratio), colour: this.#pixelColour() });
        context.putImageData(this.#image, 0, 0);
        this.#context.drawImage(this.#dots, 0, 0, width / this.#ratio, height / this.#ratio);
    }

    // The colour of clients, "#rrggbb", as a pixel of an image.
    #pixelColour() {
        const value = Number.parseInt(this.#colours.client.slice(1), 16);
        const bytes = new Uint8ClampedArray([value >> 16, (value >> 8) & 255, value & 255, 255]);
        return new Uint32Array(bytes.buffer)[0];
    }

    #drawTrails(view, clients) {
        const context = this.#context;
        context.strokeStyle = this.#colours.trail;
        context.lineWidth = 2;
        context.beginPath();
        for (let i = 0; i < this.crowd.count; i++) {
            this.#trace(view, clients.trail(clients.features[this.crowd.slots[i]].properties.client));
        }
        context.stroke();
    }

    // Adds a trail to the path; one that crosses the edge of the copies is two lines.
    #trace(view, trail) {
        let last = null;
        for (let i = 0; i < trail.length; i += 2) {
            const x = view.pixelX(trail[i]);
            const y = view.pixelY(trail[i + 1]);
            if (last === null || Math.abs(x - last) > view.size / 2) {
                this.#context.moveTo(x, y);
            } else {
                this.#context.lineTo(x, y);
            }
            last = x;
        }
    }

    // What names of towns are not to lie under: the middle of each client, where these have names too.
    #discs() {
        const { pixelsX, pixelsY, count } = this.crowd;
        const discs = new Labels();
        for (let i = 0; i < count && count <= NAMES_MAX; i++) {
            discs.add(boxAround(pixelsX[i], pixelsY[i], DISC - 2));
        }
        return discs;
    }

    #drawDiscs() {
        const context = this.#context;
        const { pixelsX, pixelsY, count } = this.crowd;
        context.fillStyle = this.#colours.client;
        context.strokeStyle = this.#colours.halo;
        context.lineWidth = 1.5;
        for (let i = 0; i < count; i++) {
            context.beginPath();
            context.arc(pixelsX[i], pixelsY[i], DISC, 0, 2 * Math.PI);
            context.fill();
            context.stroke();
        }
    }

    // Which names of clients are shown, {text, x, y}: the chosen one's, and those that find room, at most
    // NAMES_MAX. Clusters, at most one a cell, take room from the names of towns.
    #placeNames(view, clients, chosen, labels) {
        const { slots, pixelsX, pixelsY, count } = this.crowd;
        const named = count <= NAMES_MAX ? count : 0;
        const names = [];
        this.#context.font = NAME_FONT;
        const slot = chosen === null ? undefined : clients.slotOf(chosen);
        if (slot !== undefined) {
            const at = { x: view.pixelX(clients.xs[slot]), y: view.pixelY(clients.ys[slot]) };
            const name = this.#nameAt(chosen, at.x + NAME_ASIDE + 5, at.y);
            labels.add(boxOfBoth(boxAround(at.x, at.y, RING), name.box));
            names.push(name);
        }
        for (let i = 0; i < named; i++) {
            if (slots[i] !== slot) {
                const id = clients.features[slots[i]].properties.client;
                const name = this.#nameAt(id, pixelsX[i] + NAME_ASIDE, pixelsY[i]);
                if (labels.place([name.box]) === 0) {
                    names.push(name);
                }
            }
        }
        this.clusters.forEach(({ x, y, count: many }) => labels.add(boxAround(x, y, radiusOf(many))));
        return names;
    }

    #nameAt(id, x, y) {
        const text = id.length > 32 ? `${id.slice(0, 31)}…` : id;
        return { text, x, y, box: boxOfLine(x, y, this.#context.measureText(text).width, NAME_LINE) };
    }

    #drawName(text, x, y) {
        const context = this.#context;
        context.font = NAME_FONT;
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.lineJoin = 'round';
        context.lineWidth = 3;
        context.strokeStyle = this.#colours.halo;
        context.fillStyle = this.#colours.name;
        context.strokeText(text, x, y);
        context.fillText(text, x, y);
    }

    #drawClusters() {
        const context = this.#context;
        context.font = '600 12px system-ui, sans-serif';
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        for (const { x, y, count } of this.clusters) {
            context.fillStyle = this.#colours.halo;
            context.strokeStyle = this.#colours.client;
            context.lineWidth = 2;
            context.beginPath();
            context.arc(x, y, radiusOf(count), 0, 2 * Math.PI);
            context.fill();
            context.stroke();
            context.fillStyle = this.#colours.name;
            context.fillText(countSay(count), x, y + 0.5);
        }
    }

    #drawChosen(view, clients, chosen) {
        const slot = clients.slotOf(chosen);
        if (slot === undefined) {
            return;
        }
        const context = this.#context;
        const x = view.pixelX(clients.xs[slot]);
        const y = view.pixelY(clients.ys[slot]);
        context.strokeStyle = this.#colours.chosen;
        context.lineWidth = 3;
        context.beginPath();
        this.#trace(view, clients.trail(chosen));
        context.stroke();
        context.beginPath();
        context.arc(x, y, RING, 0, 2 * Math.PI);
        context.stroke();
    }
}
