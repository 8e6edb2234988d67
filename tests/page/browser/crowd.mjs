// Clients by the hundred thousand, which the tests put into a herd and move.

const degrees = (value) => (value < 0 ? '' : '+') + value.toFixed(5);

// Every `part`th of a crowd: client and position, a little further with each step.
export function someOf(count, step, part) {
    return Array.from({ length: count / part }, (_, i) => {
        const number = (i * part + step) % count;
        return [`c${number}`, degrees(60 * Math.sin(number * 12.9898 + step / 1000)) +
            degrees(((number * 137.508 + step / 10) % 360) - 180)];
    });
}

// Puts a crowd of so many into a herd; the number of those that it took.
export async function crowdBegin(herd, count) {
    const taken = await herd.iamat(someOf(count, 0, 1));
    return taken.split('\n').filter((line) => line.startsWith('AT ')).length;
}

// Moves every `part`th of it every so many ms; what ends that.
export function crowdMove(herd, count, part, every_ms) {
    let step = 0;
    const moving = setInterval(() => herd.iamat(someOf(count, ++step, part)).catch(() => {}), every_ms);
    return () => clearInterval(moving);
}
