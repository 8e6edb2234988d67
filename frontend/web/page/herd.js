// The herd itself: its members and their links, as an operator's view beside the map.
//
// It asks only while it is open; herd-web asks the members as long as someone wants to know.
import { countSay, durationSay } from './words.js';

const ASK_MS = 1000;
const STATES = {
    up: 'up',
    silent: 'does not answer',
    asked: 'being asked',
    unknown: 'not known',
};

// What a member says of its links, in words. Pure.
export function linksSay(links) {
    const up = links.filter(({ state }) => state === 'up').length;
    const faults = links.flatMap(({ to, state, lag }) => (state !== 'up' ? [`${to} down`] :
        lag > 0 ? [`${to} ${countSay(lag)} behind`] : []));
    return [`${up} of ${links.length}`, ...faults].join(', ');
}

// The row of a member: its name, its state, what it has, its links. Pure.
export function memberSay({ member, state, records, connections, links }) {
    return [
        member,
        STATES[state] ?? state,
        records === undefined ? '' : countSay(records),
        connections === undefined ? '' : countSay(connections),
        links === undefined ? '' : linksSay(links),
    ];
}

function rowOf(member) {
    const row = document.createElement('tr');
    row.dataset.state = member.state;
    if (member.uptime !== undefined) {
        row.title = `version ${member.version ?? 'unknown'}, up for ${durationSay(member.uptime)}`;
    }
    memberSay(member).forEach((text, i) => {
        const cell = row.appendChild(document.createElement(i === 0 ? 'th' : 'td'));
        cell.textContent = text;
        if (i === 0) {
            cell.scope = 'row';
        }
    });
    return row;
}

// What GET /v1/herd says; null: it cannot be asked.
async function ask() {
    try {
        const answer = await fetch('/v1/herd');
        return answer.ok ? await answer.json() : null;
    } catch {
        return null;
    }
}

export function herdAttach() {
    const details = document.getElementById('herd');
    let timer = null;

    const show = (herd) => {
        document.getElementById('herd-title').textContent =
            `${herd.herd}, asked by ${herd.member}`;
        document.getElementById('herd-members').replaceChildren(...herd.members.map(rowOf));
        document.getElementById('herd-note').textContent = herd.asks ?
            (herd.left_out > 0 ? `${herd.left_out} more members are not asked.` : '') :
            'With keys only operators may ask members: see herdctl status.';
    };
    const look = async () => {
        const herd = await ask();
        if (herd !== null) {
            show(herd);
        } else {
            document.getElementById('herd-note').textContent = 'herd-web does not answer.';
        }
        timer = details.open ? setTimeout(look, ASK_MS) : null;
    };
    details.addEventListener('toggle', () => {
        if (details.open && timer === null) {
            timer = -1;
            look();
        }
    });
}
