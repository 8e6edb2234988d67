// A herd of real programs: nodes, front-ends, and one herd-web, Goloman's.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.mjs';

// Ports that nothing listens on.
async function freePorts(count) {
    const servers = Array.from({ length: count }, () => createServer());
    await Promise.all(servers.map((server) =>
        new Promise((done) => { server.listen(0, '127.0.0.1', done); })));
    const ports = servers.map((server) => server.address().port);
    await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
    return ports;
}

export class Herd {
    #programs;
    #folder = mkdtempSync(join(tmpdir(), 'herd-page-'));
    #running = new Map();
    #name;
    #members;
    #settings;
    #ports = new Map(); // of a member: where its front-end listens

    // `programs`: the folder where they are. `members`: each is a neighbour of all others.
    // `settings`: lines of the herd file's section herd.
    constructor(programs, { name = 'page', members = ['Goloman'], settings = '' } = {}) {
        this.#programs = programs;
        this.#name = name;
        this.#members = members;
        this.#settings = settings;
    }

    async start() {
        const ports = await freePorts(1 + 2 * this.#members.length);
        this.url = `http://127.0.0.1:${ports.pop()}`;
        let text = `herd\n    name = "${this.#name}"\n${this.#settings}members\n`;
        for (const member of this.#members) {
            const others = this.#members.filter((other) => other !== member);
            this.#ports.set(member, ports.pop());
            text += `    ${member}
        clients = "tcp://127.0.0.1:${this.#ports.get(member)}"
        bus = "tcp://127.0.0.1:${ports.pop()}"
${others.length > 0 ? `        neighbours = "${others.join(' ')}"\n` : ''}`;
            text += member === 'Goloman' ? `        web = "${this.url}"\n` : '';
        }
        writeFileSync(join(this.#folder, 'herd.cfg'), text);
        for (const member of this.#members) {
            this.run('node', member);
            this.run('frontend', member);
        }
        this.run('web');
        await until('herd-web answers from a copy', async () =>
            (await fetch(`${this.url}/v1/clients`).catch(() => ({ ok: false }))).ok);
    }

    run(program, member = 'Goloman') {
        const child = spawn(join(this.#programs, `herd-${program}`),
            ['--config', join(this.#folder, 'herd.cfg'), member], { stdio: 'ignore' });
        this.#running.set(member === 'Goloman' ? program : `${program} ${member}`, child);
    }

    // One that runs.
    process(program) {
        return this.#running.get(program);
    }

    async kill(program) {
        const child = this.#running.get(program);
        const gone = new Promise((done) => { child.on('exit', done); });
        child.kill('SIGKILL');
        await gone;
        this.#running.delete(program);
    }

    async stop() {
        for (const program of [...this.#running.keys()]) {
            await this.kill(program);
        }
        rmSync(this.#folder, { recursive: true });
    }

    // As `nc -N` does, for pairs of client and position; the answers.
    iamat(updates, member = 'Goloman') {
        const time = (Date.now() / 1000).toFixed(3);
        const lines = updates.map(([client, position]) => `IAMAT ${client} ${position} ${time}\n`);
        return new Promise((done, fail) => {
            let answer = '';
            const socket = connect(this.#ports.get(member), '127.0.0.1', () => socket.end(lines.join('')));
            socket.on('data', (bytes) => { answer += bytes; });
            socket.on('end', () => done(answer));
            socket.on('error', fail);
        });
    }

    async report(client, position) {
        await until(`IAMAT of ${client} is answered`, async () =>
            (await this.iamat([[client, position]]).catch(() => '')).startsWith('AT Goloman '));
    }
}
