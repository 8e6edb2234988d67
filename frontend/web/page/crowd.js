// Many clients at once: dots painted into the pixels of an image, and clusters. Pure.

const CELL = 96; // pixels of a cluster's cell
export const CLUSTER_MIN = 100; // clients in a cell: a number tells how many

// Which clients are on the screen: their slots, and their pixels as whole numbers.
export class Crowd {
    slots = new Uint32Array(0);
    pixelsX = new Int32Array(0);
    pixelsY = new Int32Array(0);
    count = 0;

    // `margin`: pixels beyond the edge that count too.
    gather(clients, view, margin) {
        this.#reserve(clients.count);
        this.count = 0;
        const { width, height, size } = view;
        for (let slot = 0; slot < clients.count; slot++) {
            const y = height / 2 + (clients.ys[slot] - view.y) * size;
            const across = clients.xs[slot] - view.x;
            const x = width / 2 + (across - Math.round(across)) * size;
            if (x >= -margin && x < width + margin && y >= -margin && y < height + margin) {
                this.slots[this.count] = slot;
                this.pixelsX[this.count] = Math.floor(x);
                this.pixelsY[this.count++] = Math.floor(y);
            }
        }
    }

    // Paints each as a square of 2 · radius + 1 pixels. `pixels`: a Uint32Array of width × height;
    // `ratio`: its pixels in one of the screen.
    paint(pixels, width, height, { ratio, radius, colour }) {
        for (let i = 0; i < this.count; i++) {
            const middleX = Math.round(this.pixelsX[i] * ratio);
            const middleY = Math.round(this.pixelsY[i] * ratio);
            const left = Math.max(0, middleX - radius);
            const right = Math.min(width - 1, middleX + radius);
            const bottom = Math.min(height - 1, middleY + radius);
            for (let y = Math.max(0, middleY - radius); y <= bottom; y++) {
                for (let x = left; x <= right; x++) {
                    pixels[y * width + x] = colour;
                }
            }
        }
    }

    // Cells with many clients: {x, y, count}, the place where they are on average.
    clusters(view) {
        const columns = Math.ceil(view.width / CELL) + 2; // and one beyond each edge
        const rows = Math.ceil(view.height / CELL) + 2;
        const counts = new Uint32Array(columns * rows);
        const sumsX = new Float64Array(columns * rows);
        const sumsY = new Float64Array(columns * rows);
        for (let i = 0; i < this.count; i++) {
            const cell = (Math.floor(this.pixelsY[i] / CELL) + 1) * columns +
                Math.floor(this.pixelsX[i] / CELL) + 1;
            counts[cell]++;
            sumsX[cell] += this.pixelsX[i];
            sumsY[cell] += this.pixelsY[i];
        }
        const clusters = [];
        counts.forEach((count, cell) => {
            if (count >= CLUSTER_MIN) {
                clusters.push({ x: sumsX[cell] / count, y: sumsY[cell] / count, count });
            }
        });
        return clusters;
    }

    // The slot of the one that is nearest to a pixel, at most `reach` away; -1: there is none.
    at(x, y, reach) {
        let best = reach * reach;
        let slot = -1;
        for (let i = 0; i < this.count; i++) {
            const dx = this.pixelsX[i] - x;
            const dy = this.pixelsY[i] - y;
            if (dx * dx + dy * dy <= best) {
                best = dx * dx + dy * dy;
                slot = this.slots[i];
            }
        }
        return slot;
    }

    #reserve(count) {
        if (count > this.slots.length) {
            const room = Math.max(1024, 2 * count);
            this.slots = new Uint32Array(room);
            this.pixelsX = new Int32Array(room);
            this.pixelsY = new Int32Array(room);
        }
    }
}
