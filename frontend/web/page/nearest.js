// The clients nearest to a position, among those that the page knows. Pure.
import { distance, latitudesWithin, yOf } from './mercator.js';

// At most `limit` of {client, distance_m}, nearest first; of equal ones in the order of their IDs.
// `except`: a client that is left out. Of many clients most are left out by their latitude alone.
export function nearestOf(clients, position, limit, except = null) {
    const found = [];
    let [north, south] = [-Infinity, Infinity]; // who is as near as the last one found is between
    for (let slot = 0; slot < clients.count; slot++) {
        const y = clients.ys[slot];
        if (y < north || y > south) {
            continue;
        }
        const feature = clients.features[slot];
        const client = feature.properties.client;
        if (client !== except &&
            insert(found, { client, distance_m: distance(position, positionOf(feature)) }, limit) &&
            found.length === limit) {
            [north, south] = latitudesWithin(position.latitude, found[limit - 1].distance_m).map(yOf);
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

// Whether the item is among the nearest now.
function insert(found, item, limit) {
    if (found.length === limit && !isBefore(item, found[limit - 1])) {
        return false;
    }
    let at = found.length;
    while (at > 0 && isBefore(item, found[at - 1])) {
        at--;
    }
    found.splice(at, 0, item);
    found.length = Math.min(found.length, limit);
    return true;
}
