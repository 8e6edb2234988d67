// What /v1/watch tells, by server-sent events or in frames of a WebSocket. Pure.
//
//   event       data
//   position    a GeoJSON Feature: a client came into view, or moved
//   leave       {"client": …}: it left the view, was forgotten or has expired
//   up-to-date  {"truncated": …}: the state is complete, but for who is beyond the limit of a view
//   reset       what was told before is void; the state follows anew
//   stale       {"age": seconds}: the node is away, and this is how old the copy is
//
// A frame is {"event": NAME, "id": …, "data": …}, or a list of such, which saves a browser most of what
// they cost. Events with other names are left alone.

function isPosition(data) {
    const coordinates = data?.geometry?.coordinates;
    return data?.type === 'Feature' && data.geometry?.type === 'Point' &&
        Array.isArray(coordinates) && Number.isFinite(coordinates[0]) &&
        Number.isFinite(coordinates[1]) && typeof data.properties?.client === 'string';
}

// {kind, …}, or null for what says nothing to us.
export function eventOf(name, data) {
    switch (name) {
    case 'position': return isPosition(data) ? { kind: name, feature: data } : null;
    case 'leave': return typeof data?.client === 'string' ? { kind: name, client: data.client } : null;
    case 'stale': return { kind: name, age: Number(data?.age ?? 0) };
    case 'up-to-date': return { kind: name, isTruncated: data?.truncated === true };
    case 'reset': return { kind: name };
    default: return null;
    }
}

export const EVENT_NAMES = ['position', 'leave', 'up-to-date', 'reset', 'stale'];

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

// The event of a server-sent one; null: it is malformed or unknown.
export function eventOfMessage(name, text) {
    return eventOf(name, text === '' ? {} : parsed(text));
}

// The events of a frame; null in the place of one that is malformed or unknown.
export function eventsOfFrame(text) {
    const frame = typeof text === 'string' ? parsed(text) : undefined;
    return (Array.isArray(frame) ? frame : [frame]).map((one) => eventOf(one?.event, one?.data));
}
