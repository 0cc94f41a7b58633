import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, replaceFile } from '../disk/replace-file.ts'
import { HoldfastError } from '../domain/errors.ts'
import { markOf, type Unit } from './unit-text.ts'

/** The folder of units, and in it those of one site. */
export interface UnitFolder {
  readonly path: string
  pathOf(unit: string): string
  /** Text of a unit of ours; undefined when there is none. Throws `target-exists` when somebody else wrote it. */
  read(unit: string): string | undefined
  /** Names of all units that are ours. */
  ours(): string[]
  isEnabled(timer: string): boolean
  write(unit: Unit): void
  remove(unit: string): void
  /** What somebody added to units, by `systemctl edit` or by hand. */
  dropInsOf(units: readonly string[]): string[]
}

export function openUnitFolder(path: string, site: string): UnitFolder {
  const mark = markOf(site)
  const pathOf = (unit: string) => join(path, unit)
  const isOurs = (text: string): boolean => text.startsWith(`${mark}\n`)
  return {
    path,
    pathOf,
    read(unit) {
      if (!existsSync(pathOf(unit))) return undefined
      const text = readFileSync(pathOf(unit), 'utf8')
      if (isOurs(text)) return text
      const [, other] = /^# Written by holdfast schedule apply for the site (\S+),/.exec(text) ?? []
      const whose = other === undefined ? 'was not written by holdfast' : `belongs to the site ${other}`
      throw new HoldfastError('target-exists', `${pathOf(unit)} ${whose}`, {
        hint:
          other === undefined ? 'move it away, or rename the site' : 'their names are too much alike: rename one of the sites',
      })
    },
    ours() {
      if (!existsSync(path)) return []
      return readdirSync(path)
        .filter((name) => /^holdfast-.*\.(service|timer)$/.test(name) && isOurs(readFileSync(pathOf(name), 'utf8')))
        .toSorted()
    },
    isEnabled: (timer) => existsSync(join(path, 'timers.target.wants', timer)),
    write({ name, text }) {
      makeFolder(path, 0o755)
      replaceFile(pathOf(name), text, { mode: 0o644, keep: 'durable' })
    },
    remove: (unit) => rmSync(pathOf(unit), { force: true }),
    dropInsOf: (units) =>
      units.flatMap((unit) => {
        const folder = `${pathOf(unit)}.d`
        if (!existsSync(folder)) return []
        return readdirSync(folder)
          .filter((name) => name.endsWith('.conf'))
          .toSorted()
          .map((name) => join(folder, name))
      }),
  }
}
