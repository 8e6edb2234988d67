// What stands beside the map: the state, the chosen client, the nearest ones.
import { attributionOf } from './tiles.js';
import { ageSay, countSay, distanceSay, positionSay, receiptOf } from './words.js';

const STATES = {
    connecting: 'connecting',
    live: 'live',
    lost: 'not connected; what is shown may be old, and it tries again',
};

const element = (id) => document.getElementById(id);

// Sets a text only if it differs, so that nothing is read out twice.
function say(id, text) {
    if (element(id).textContent !== text) {
        element(id).textContent = text;
    }
}

// `told`: {search (id), choose (id), follow (), places (), letGo ()}.
export function panelAttach(told) {
    element('search').addEventListener('submit', (event) => {
        event.preventDefault();
        told.search(element('search-id').value.trim());
    });
    element('near').addEventListener('click', (event) => {
        const button = event.target.closest('button');
        if (button !== null) {
            told.choose(button.dataset.client);
        }
    });
    element('follow').addEventListener('click', told.follow);
    element('ask-places').addEventListener('click', told.places);
    element('let-go').addEventListener('click', told.letGo);
}

export function panelState(state, age) {
    element('state').dataset.state = state;
    say('state', state === 'stale' ?
        `the node is away; positions are ${Math.round(age)} s old or more` : STATES[state]);
}

export function panelNote(text) {
    if (element('chosen').hidden) {
        say('state', text);
    } else {
        say('chosen-note', text);
    }
}

// `isLoading`: more are on their way; `isTruncated`: herd-web told of as many as it may, not of all.
export function panelCount(count, { isLoading, isTruncated }) {
    say('count', `${count} client${count === 1 ? '' : 's'} in view` + (isLoading ? '; loading…' :
        isTruncated ? '; there are more around, zoom in to see all' : ''));
}

// The chosen client: its ID, its Feature or undefined, whether it is followed; null: there is none.
export function panelChosen(chosen) {
    element('chosen').hidden = chosen === null;
    say('near-title', chosen === null ? 'Nearest to the middle' : `Nearest to ${chosen.id}`);
    if (chosen === null) {
        return;
    }
    say('chosen-id', chosen.id);
    element('follow').setAttribute('aria-pressed', String(chosen.isFollowed));
    if (chosen.feature === undefined) {
        return;
    }
    const { properties, geometry } = chosen.feature;
    say('chosen-position', positionSay(geometry.coordinates[0], geometry.coordinates[1]));
    say('chosen-age', ageSay(Date.now() / 1000 - receiptOf(properties)));
    say('chosen-member', properties.member);
    say('chosen-difference', `${properties.difference} s from its time to the receipt`);
}

// Takes away what was said of another client.
export function panelForget() {
    say('chosen-note', '');
    say('places-source', '');
    element('places').replaceChildren();
}

// The nearest ones; elements stay, so that the focus does.
export function panelNear(items) {
    const list = element('near');
    while (list.children.length > items.length) {
        list.lastElementChild.remove();
    }
    items.forEach((item, i) => {
        const row = list.children[i] ?? list.appendChild(nearRow());
        const button = row.firstElementChild;
        button.dataset.client = item.client;
        button.firstElementChild.textContent = item.client;
        button.lastElementChild.textContent = distanceSay(item.distance_m);
    });
}

function nearRow() {
    const row = document.createElement('li');
    const button = row.appendChild(document.createElement('button'));
    button.type = 'button';
    button.append(document.createElement('span'), document.createElement('span'));
    return row;
}

// The text of a provider's HTML; nothing of it is run or loaded.
function textOfHtml(html) {
    return new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '';
}

// An answer of WHATSAT.
export function panelPlaces(answer) {
    const results = answer.results ?? [];
    element('places').replaceChildren(...results.map((place) => {
        const row = document.createElement('li');
        row.textContent = [place.name, place.vicinity].filter(Boolean).join(', ');
        return row;
    }));
    say('places-source', (answer.html_attributions ?? []).map(textOfHtml).join('; '));
    if (results.length === 0) {
        panelNote(answer.error_message ?? 'Nothing is known around it.');
    } else {
        panelNote(`${countSay(results.length)} around it`);
    }
}

// Whose work the map is. `hasTowns`: their names are shown. `tiles`: the herd file's words, which are
// text whatever they are; null: there are no tiles. The same again changes nothing.
export function panelSource(hasTowns, tiles) {
    const own = `Land and borders: Natural Earth${hasTowns ? '; towns: GeoNames, CC BY 4.0' : ''}`;
    if (tiles === null) {
        say('source', own);
        return;
    }
    const { said, link } = attributionOf(tiles);
    if (element('source').textContent === `Tiles: ${said}; ${own}`) {
        return;
    }
    const name = document.createElement(link === null ? 'span' : 'a');
    name.textContent = said;
    if (link !== null) {
        Object.assign(name, { href: link, target: '_blank', rel: 'noopener noreferrer' });
    }
    element('source').replaceChildren('Tiles: ', name, `; ${own}`);
}

export function panelFocusSearch() {
    element('search-id').focus();
}
