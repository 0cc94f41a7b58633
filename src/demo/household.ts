import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'

/** The demonstration's files: a Foundry data folder, an nginx server's logs, configurations with secrets. */
export type Household = Readonly<Record<'foundry' | 'logs' | 'configs', string>>

export const worldPath = 'Data/worlds/jig-ho'

/** The one file that the demonstration brings back by itself. */
export const mapPath = 'Data/worlds/jig-ho/scenes/Höhle des Drachen (final).webp'

export function makeHousehold(root: string): Household {
  const household = { foundry: join(root, 'foundry'), logs: join(root, 'logs'), configs: join(root, 'configs') }
  makeFoundry(household.foundry)
  makeLogs(household.logs)
  makeConfigs(household.configs)
  return household
}

function makeFoundry(folder: string): void {
  write(join(folder, 'Config/options.json'), JSON.stringify({ port: 30000, dataPath: '/data', upnp: false }, null, 2))
  write(join(folder, 'Config/admin.txt'), randomBytes(64).toString('hex'))
  write(
    join(folder, worldPath, 'world.json'),
    JSON.stringify({ id: 'jig-ho', title: 'Jig Ho Cottage', system: 'dnd5e' }, null, 2),
  )
  // Compendium packs are LevelDB folders.
  for (const pack of ['actors', 'items', 'journal', 'scenes']) {
    const place = join(folder, worldPath, 'packs', pack)
    write(join(place, 'CURRENT'), 'MANIFEST-000004\n')
    write(join(place, 'MANIFEST-000004'), randomBytes(900))
    write(join(place, 'LOCK'), '')
    for (let table = 1; table <= 6; table += 1) {
      write(join(place, `${String(table * 7).padStart(6, '0')}.ldb`), randomBytes(400_000))
    }
  }
  write(join(folder, mapPath), randomBytes(3_000_000))
  for (let image = 1; image <= 60; image += 1) {
    write(join(folder, `Data/assets/tokens/token ${image} – gobelin.webp`), randomBytes(250_000))
  }
  // A portrait that is used twice, which deduplication is for.
  const portrait = readFileSync(join(folder, 'Data/assets/tokens/token 1 – gobelin.webp'))
  write(join(folder, 'Data/assets/portraits/gobelin.webp'), portrait)
  symlinkSync('../assets', join(folder, 'Data/worlds/assets'))
}

function makeLogs(folder: string): void {
  write(join(folder, 'nginx/access.log'), accessLog(0, 20_000))
  write(join(folder, 'nginx/access.log.1'), accessLog(20_000, 40_000))
  for (const day of [2, 3, 4]) write(join(folder, `nginx/access.log.${day}.gz`), gzipSync(accessLog(day * 20_000, 20_000)))
  write(join(folder, 'foundry/error.log'), 'world jig-ho: module "dice-so-nice" is out of date\n')
}

function makeConfigs(folder: string): void {
  write(join(folder, 'secrets/db.env'), `POSTGRES_PASSWORD=${randomBytes(18).toString('base64url')}\n`, 0o600)
  write(join(folder, 'secrets/foundry.env'), `FOUNDRY_LICENSE_KEY=${randomBytes(12).toString('hex')}\n`, 0o600)
  write(join(folder, 'compose.override.yml'), 'services:\n  db:\n    restart: unless-stopped\n')
}

/** A day later: the world was played in, a log has grown. */
export function liveADay({ foundry, logs }: Household): void {
  const journal = join(foundry, worldPath, 'packs/journal')
  write(join(journal, '000049.ldb'), randomBytes(120_000))
  appendFileSync(join(foundry, worldPath, 'world.json'), '\n')
  appendFileSync(join(logs, 'nginx/access.log'), accessLog(100_000, 1500))
}

function accessLog(from: number, lines: number): string {
  const text: string[] = []
  for (let line = from; line < from + lines; line += 1) {
    const second = String(line % 60).padStart(2, '0')
    text.push(
      `203.0.113.${line % 250} - - [25/Jan/2026:18:${second}:00 +0800] "GET /join?u=${(line * 2654435761) % 9973} HTTP/1.1" 200 ${line % 4096}`,
    )
  }
  return `${text.join('\n')}\n`
}

function write(file: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
}

/** What a folder holds: path below it to type, mode, owner, and content or link target. */
export function fingerprint(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    const { mode, uid, gid } = lstatSync(path)
    const stats = lstatSync(path)
    const content = stats.isSymbolicLink()
      ? readlinkSync(path)
      : stats.isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : ''
    found.set(relative(folder, path), `${mode.toString(8)} ${uid}:${gid} ${content}`)
    if (stats.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
  }
  visit(folder)
  return found
}
