// A herd of one member, Goloman, of real programs: a node, a front-end and herd-web.
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

    // `programs`: the folder where they are.
    constructor(programs) {
        this.#programs = programs;
    }

    // `settings`: lines of the herd file's section herd.
    async start(settings = '') {
        const [clients, bus, web] = await freePorts(3);
        this.clients = clients;
        this.url = `http://127.0.0.1:${web}`;
        writeFileSync(join(this.#folder, 'herd.cfg'), `herd
    name = "page"
${settings}members
    Goloman
        clients = "tcp://127.0.0.1:${clients}"
        bus = "tcp://127.0.0.1:${bus}"
        web = "${this.url}"
`);
        ['node', 'frontend', 'web'].forEach((program) => this.run(program));
        await until('herd-web answers from a copy', async () =>
            (await fetch(`${this.url}/v1/clients`).catch(() => ({ ok: false }))).ok);
    }

    run(program) {
        const child = spawn(join(this.#programs, `herd-${program}`),
            ['--config', join(this.#folder, 'herd.cfg'), 'Goloman'], { stdio: 'ignore' });
        this.#running.set(program, child);
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
    iamat(...updates) {
        const time = (Date.now() / 1000).toFixed(3);
        const lines = updates.map(([client, position]) => `IAMAT ${client} ${position} ${time}\n`);
        return new Promise((done, fail) => {
            let answer = '';
            const socket = connect(this.clients, '127.0.0.1', () => socket.end(lines.join('')));
            socket.on('data', (bytes) => { answer += bytes; });
            socket.on('end', () => done(answer));
            socket.on('error', fail);
        });
    }

    async report(client, position) {
        await until(`IAMAT of ${client} is answered`, async () =>
            (await this.iamat([client, position]).catch(() => '')).startsWith('AT Goloman '));
    }
}
