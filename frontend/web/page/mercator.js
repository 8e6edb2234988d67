// Where on the map a position is (Web Mercator, EPSG:3857): the world is a square of side 1, x to
// the east from 180° W, y to the south from 85.05° N. Pure.

const RADIUS_M = 6371008.8; // of the Earth, on average (IUGG), as the herd reckons distances
export const LATITUDE_MAX = 85.0511287798066; // the edge of the square

const radians = (degrees) => degrees * Math.PI / 180;

export function xOf(longitude) {
    return (longitude + 180) / 360;
}

export function yOf(latitude) {
    const within = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude));
    return 0.5 - Math.log(Math.tan(Math.PI / 4 + radians(within) / 2)) / (2 * Math.PI);
}

export function longitudeOf(x) {
    return x * 360 - 180;
}

export function latitudeOf(y) {
    return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI;
}

// The part of x behind the world's edge, 0 ≤ result < 1.
export function wrap(x) {
    return x - Math.floor(x);
}

// Metres between two positions along the great circle (haversine).
export function distance(a, b) {
    const across = Math.sin(radians(b.latitude - a.latitude) / 2);
    const along = Math.sin(radians(b.longitude - a.longitude) / 2);
    const h = across * across +
        Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * along * along;
    return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

// The latitudes, north first, between which lies whatever is so near; a little wider, for rounding.
export function latitudesWithin(latitude, distance_m) {
    const reach = distance_m / RADIUS_M * 180 / Math.PI + 1e-9;
    return [latitude + reach, latitude - reach];
}
