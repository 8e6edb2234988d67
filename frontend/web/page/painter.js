// Draws the map on its canvas: base map, trails, clients, the chosen one.
//
// A few clients are discs with their names. Many are dots painted into the pixels of an image, which
// costs the same for 100,000 as a few milliseconds of copying, and cells with many have a number.
import { basemapDraw } from './basemap.js';
import { Crowd } from './crowd.js';
import { isFree, namesDraw } from './names.js';
import { View } from './view.js';
import { countSay } from './words.js';

const DISCS_MAX = 1500; // more are dots
const NAMES_MAX = 40; // more have no names
const BASE_SPARE = 1.5; // the base map is drawn for so much more than the screen
const BASE_SCALE_MAX = 2; // while the map moves the base map is stretched so far
const COLOURS = ['water', 'land', 'coast', 'border', 'town', 'client', 'trail', 'chosen', 'name', 'halo'];

export class Painter {
    crowd = new Crowd();
    clusters = [];
    #canvas;
    #context;
    #baseCanvas = document.createElement('canvas');
    #base = null; // what part of the world is on it, as a view; null: nothing
    #before = ''; // the view of the frame before
    #dots = document.createElement('canvas');
    #image = null;
    #colours = {};
    #ratio = 1;

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
        for (const [canvas, spare] of [[this.#canvas, 1], [this.#dots, 1],
            [this.#baseCanvas, BASE_SPARE]]) {
            canvas.width = Math.round(width * spare);
            canvas.height = Math.round(height * spare);
        }
        this.#image = null;
        this.#base = null;
        view.resize(clientWidth, clientHeight);
        return true;
    }

    // Draws a frame. True: it is not as sharp as it can be, and wants to be drawn again.
    draw({ view, scales, towns, clients, chosen }) {
        const context = this.#context;
        context.setTransform(1, 0, 0, 1, 0, 0);
        const isBlurred = this.#drawBase(view, { scales, towns });
        this.crowd.gather(clients, view, 8);
        const isCrowded = this.crowd.count > DISCS_MAX;
        this.clusters = isCrowded ? this.crowd.clusters(view) : [];
        if (isCrowded) {
            this.#drawDots();
        }
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        if (!isCrowded) {
            this.#drawTrails(view, clients);
            this.#drawDiscs(clients, chosen);
        }
        this.#drawClusters();
        if (chosen !== null) {
            this.#drawChosen(view, clients, chosen);
        }
        return isBlurred;
    }

    // Copies the base map, which is drawn anew when it does not reach, or, once the map stands still,
    // when it was stretched. Returns whether it was stretched.
    #drawBase(view, content) {
        const key = [view.x, view.y, view.zoom, content.scales.length].join();
        const isMoving = key !== this.#before;
        this.#before = key;
        if (!this.#reaches(view, content) || (this.#base.zoom !== view.zoom && !isMoving)) {
            this.#makeBase(view, content);
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
    #reaches(view, { scales, towns }) {
        if (this.#base === null || this.#base.scales !== scales || this.#base.towns !== towns) {
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

    #makeBase(view, { scales, towns }) {
        const { width, height } = this.#baseCanvas;
        this.#base = Object.assign(new View(), { scales, towns, x: view.x, y: view.y, zoom: view.zoom,
            width: width / this.#ratio, height: height / this.#ratio });
        const context = this.#baseCanvas.getContext('2d', { alpha: false });
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        basemapDraw(context, scales, this.#base, this.#colours);
        namesDraw(context, towns, this.#base, this.#colours);
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
        this.#context.drawImage(this.#dots, 0, 0);
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

    #drawDiscs(clients, chosen) {
        const context = this.#context;
        const { slots, pixelsX, pixelsY, count } = this.crowd;
        context.fillStyle = this.#colours.client;
        context.strokeStyle = this.#colours.halo;
        context.lineWidth = 1.5;
        for (let i = 0; i < count; i++) {
            context.beginPath();
            context.arc(pixelsX[i], pixelsY[i], 5, 0, 2 * Math.PI);
            context.fill();
            context.stroke();
        }
        if (count <= NAMES_MAX) {
            this.#drawNames(clients, chosen);
        }
    }

    // No name over another. The chosen one's is drawn by #drawChosen.
    #drawNames(clients, chosen) {
        const { slots, pixelsX, pixelsY, count } = this.crowd;
        const placed = [];
        for (let i = 0; i < count; i++) {
            const name = clients.features[slots[i]].properties.client;
            const at = { x: pixelsX[i], y: pixelsY[i], right: pixelsX[i] + 7 * Math.min(name.length, 32) };
            if (name !== chosen && isFree(placed, at)) {
                placed.push(at);
                this.#drawName(name, at.x, at.y);
            }
        }
    }

    #drawName(name, x, y) {
        const context = this.#context;
        context.font = '12px system-ui, sans-serif';
        context.textAlign = 'left';
        context.textBaseline = 'middle';
        context.lineWidth = 3;
        context.strokeStyle = this.#colours.halo;
        context.fillStyle = this.#colours.name;
        const text = name.length > 32 ? `${name.slice(0, 31)}…` : name;
        context.strokeText(text, x + 9, y);
        context.fillText(text, x + 9, y);
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
            context.arc(x, y, 12 + 3 * Math.log10(count), 0, 2 * Math.PI);
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
        context.arc(x, y, 10, 0, 2 * Math.PI);
        context.stroke();
        this.#drawName(chosen, x + 5, y);
    }
}
