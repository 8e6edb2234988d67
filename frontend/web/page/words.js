// How things are said: ages, distances, positions. Pure.

const plural = (count, unit) => `${count} ${unit}${count === 1 ? '' : 's'}`;

// Seconds, in words.
export function ageSay(seconds) {
    const whole = Math.floor(seconds);
    if (whole < 0) {
        return 'ahead of this clock';
    }
    if (whole < 120) {
        return `${plural(whole, 'second')} ago`;
    }
    if (whole < 7200) {
        return `${Math.floor(whole / 60)} minutes ago`;
    }
    return whole < 172800 ? `${Math.floor(whole / 3600)} hours ago` :
        `${Math.floor(whole / 86400)} days ago`;
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
