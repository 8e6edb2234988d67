// The clients nearest to a position, among those that the page knows. Pure.
import { distance } from './mercator.js';

// At most `limit` of {client, distance_m}, nearest first; of equal ones in the order of their IDs.
// `except`: a client that is left out.
export function nearestOf(clients, position, limit, except = null) {
    const found = [];
    for (let slot = 0; slot < clients.count; slot++) {
        const feature = clients.features[slot];
        const client = feature.properties.client;
        if (client !== except) {
            insert(found, { client, distance_m: distance(position, positionOf(feature)) }, limit);
        }
    }
    return found;
}

export function positionOf(feature) {
    const [longitude, latitude] = feature.geometry.coordinates;
    return { longitude, latitude };
}

const isBefore = (a, b) => a.distance_m < b.distance_m ||
    (a.distance_m === b.distance_m && a.client < b.client);

function insert(found, item, limit) {
    if (found.length === limit && !isBefore(item, found[limit - 1])) {
        return;
    }
    let at = found.length;
    while (at > 0 && isBefore(item, found[at - 1])) {
        at--;
    }
    found.splice(at, 0, item);
    found.length = Math.min(found.length, limit);
}
