// How things are said: ages, distances, positions. Pure.

const plural = (count, unit) => `${count} ${unit}${count === 1 ? '' : 's'}`;

// Whole seconds, in words.
export function durationSay(seconds) {
    if (seconds < 120) {
        return plural(seconds, 'second');
    }
    if (seconds < 7200) {
        return `${Math.floor(seconds / 60)} minutes`;
    }
    return seconds < 172800 ? `${Math.floor(seconds / 3600)} hours` :
        `${Math.floor(seconds / 86400)} days`;
}

export function ageSay(seconds) {
    const whole = Math.floor(seconds);
    return whole < 0 ? 'ahead of this clock' : `${durationSay(whole)} ago`;
}

export function distanceSay(metres) {
    if (metres < 1000) {
        return `${Math.round(metres)} m`;
    }
    return metres < 10000 ? `${(metres / 1000).toFixed(1)} km` : `${Math.round(metres / 1000)} km`;
}

export function positionSay(longitude, latitude) {
    return `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}, ` +
        `${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`;
}

// When a member got a position, in seconds since 1970: the client's time and the difference.
export function receiptOf({ time, difference }) {
    return Number(time) + Number(difference);
}

export function countSay(count) {
    return count < 10000 ? String(count) : `${Math.round(count / 1000)}k`;
}
