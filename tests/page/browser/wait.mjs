// Waiting for what a page says.
import assert from 'node:assert/strict';

const LIMIT_MS = 60000;
const ASK_MS = 20;

// Waits until a condition holds.
export async function until(what, condition) {
    const end = Date.now() + LIMIT_MS;
    while (!await condition()) {
        assert.ok(Date.now() < end, `not within ${LIMIT_MS} ms: ${what}`);
        await new Promise((done) => { setTimeout(done, ASK_MS); });
    }
}

// Waits until the text of an element equals a string, or matches an expression.
export async function untilText(browser, selector, expected) {
    let text;
    await until(`${selector} says ${expected}`, async () => {
        text = await browser.text(selector);
        return expected instanceof RegExp ? expected.test(text) : text === expected;
    }).catch((error) => { throw new Error(`${error.message}; it says ${text}`); });
}

export const inView = (browser, count) =>
    untilText(browser, '#count', `${count} client${count === 1 ? '' : 's'} in view`);

// Ends the test: 77 where a program is missing.
export function ended(error, Missing) {
    if (error instanceof Missing) {
        console.log(`skipped: ${error.message}`);
        process.exitCode = 77;
    } else {
        console.error(error);
        process.exitCode = 1;
    }
}
