// What part of the world is on the screen: its middle, its zoom, the size of the screen. Pure.
//
// At zoom z the world is 256 · 2^z pixels wide. The middle's x stays in 0 ≤ x < 1; what lies across
// the antimeridian is drawn at the copy that is nearest to the middle.
import { latitudeOf, longitudeOf, wrap } from './mercator.js';

const TILE = 256; // pixels of the world at zoom 0
export const ZOOM_MAX = 18;

const between = (low, value, high) => Math.max(low, Math.min(high, value));

export class View {
    x = 0.5;
    y = 0.5;
    zoom = 1;
    width = 1;
    height = 1;

    // Pixels of the world.
    get size() {
        return TILE * 2 ** this.zoom;
    }

    // The zoom at which the world fills the larger side of the screen.
    get zoomMin() {
        return Math.max(0, Math.log2(Math.max(this.width, this.height) / TILE));
    }

    resize(width, height) {
        this.width = Math.max(1, width);
        this.height = Math.max(1, height);
        this.moveTo(this.x, this.y, this.zoom);
    }

    // Goes somewhere, and stays within the world.
    moveTo(x, y, zoom = this.zoom) {
        this.zoom = between(this.zoomMin, zoom, ZOOM_MAX);
        const half = Math.min(0.5, this.height / 2 / this.size);
        this.x = wrap(x);
        this.y = between(half, y, 1 - half);
    }

    // By pixels of the screen.
    pan(dx, dy) {
        this.moveTo(this.x + dx / this.size, this.y + dy / this.size);
    }

    // Zooms so that what is at a pixel stays there.
    zoomAt(pixelX, pixelY, change) {
        const fromMiddleX = pixelX - this.width / 2;
        const fromMiddleY = pixelY - this.height / 2;
        const x = this.x + fromMiddleX / this.size;
        const y = this.y + fromMiddleY / this.size;
        const size = TILE * 2 ** between(this.zoomMin, this.zoom + change, ZOOM_MAX);
        this.moveTo(x - fromMiddleX / size, y - fromMiddleY / size, Math.log2(size / TILE));
    }

    // The pixel of a place of the world, at the copy nearest to the middle.
    pixelX(x) {
        const across = x - this.x;
        return this.width / 2 + (across - Math.round(across)) * this.size;
    }

    pixelY(y) {
        return this.height / 2 + (y - this.y) * this.size;
    }

    // [west, south, east, north] in degrees, wider than the screen by `margin` of it on each side;
    // west > east: across the antimeridian, as RFC 7946 has it.
    box(margin = 0) {
        const halfX = this.width * (0.5 + margin) / this.size;
        const halfY = this.height * (0.5 + margin) / this.size;
        const south = this.y + halfY >= 1 ? -90 : latitudeOf(this.y + halfY);
        const north = this.y - halfY <= 0 ? 90 : latitudeOf(this.y - halfY);
        if (halfX >= 0.5) {
            return [-180, south, 180, north];
        }
        return [longitudeOf(wrap(this.x - halfX)), south, longitudeOf(wrap(this.x + halfX)), north];
    }
}

// Whether a box has a position.
export function boxHas([west, south, east, north], longitude, latitude) {
    const between180 = west <= east ? longitude >= west && longitude <= east :
        longitude >= west || longitude <= east;
    return between180 && latitude >= south && latitude <= north;
}

// Whether a box lies within another.
export function boxWithin(inner, outer) {
    const wide = (box) => (box[0] <= box[2] ? box[2] - box[0] : box[2] - box[0] + 360);
    if (inner[1] < outer[1] || inner[3] > outer[3]) {
        return false;
    }
    const offset = (((inner[0] - outer[0]) % 360) + 360) % 360;
    return wide(outer) >= 360 || offset + wide(inner) <= wide(outer);
}
