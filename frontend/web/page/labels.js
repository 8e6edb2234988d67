// Which labels find room on the map: none lies over another, and who is asked for first stays. Pure.
//
// A box is {left, top, right, bottom} in pixels. The callers bound how many there are.
export class Labels {
    #placed = [];

    // Takes room whatever lies there.
    add(box) {
        this.#placed.push(box);
    }

    isFree(box) {
        return this.#placed.every((other) => box.right <= other.left || other.right <= box.left ||
            box.bottom <= other.top || other.bottom <= box.top);
    }

    // Takes the first of some boxes that is free; its index, or -1: there is no room.
    place(boxes) {
        const index = boxes.findIndex((box) => this.isFree(box));
        if (index >= 0) {
            this.#placed.push(boxes[index]);
        }
        return index;
    }
}

// The box of a line of text with its halo, whose middle is at y.
export const boxOfLine = (left, y, width, height) =>
    ({ left: left - 2, top: y - height / 2, right: left + width + 2, bottom: y + height / 2 });

// The box of what is drawn round a point.
export const boxAround = (x, y, radius) =>
    ({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius });

// The box of both.
export const boxOfBoth = (a, b) => ({
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
});
