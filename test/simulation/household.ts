import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Chance } from './chance.ts'

/** What is protected, and a memory of what it held: all that a restore is compared with comes from here. */

/** A folder whose files come, change, move and go. */
export class Documents {
  readonly folder: string
  private readonly files = new Map<string, string>()
  private readonly chance: Chance
  private made = 0

  constructor(folder: string, chance: Chance) {
    this.folder = folder
    this.chance = chance
    mkdirSync(folder, { recursive: true })
    this.write('diary.txt', 'the first line\n')
    for (let count = 0; count < 12; count += 1) this.write(this.newName(), chance.text(600))
  }

  /** A day's work. */
  churn(day: string): void {
    const names = [...this.files.keys()].filter((name) => name !== 'diary.txt')
    this.append('diary.txt', `${day} ${this.chance.text(40)}\n`)
    this.write(this.newName(), this.chance.text(this.chance.between(0, 2000)))
    this.write(this.chance.pick(names), this.chance.text(this.chance.between(0, 2000)))
    if (names.length > 20) this.remove(this.chance.pick(names))
    else if (this.chance.below(3) === 0) this.move(this.chance.pick(names), this.newName())
  }

  /** The content as one short text: equal for equal trees, and for no others. */
  digest(): string {
    return digestOf(this.files)
  }

  private newName(): string {
    this.made += 1
    return `${this.chance.pick(['letters', 'photos/old ones', 'accounts', 'Ängström'])}/${this.made} ${this.chance.text(6).trim()}.txt`
  }

  private write(name: string, content: string): void {
    mkdirSync(join(this.folder, dirname(name)), { recursive: true })
    writeFileSync(join(this.folder, name), content)
    this.files.set(name, content)
  }

  private append(name: string, content: string): void {
    appendFileSync(join(this.folder, name), content)
    this.files.set(name, (this.files.get(name) ?? '') + content)
  }

  private remove(name: string): void {
    rmSync(join(this.folder, name))
    this.files.delete(name)
  }

  private move(name: string, other: string): void {
    mkdirSync(join(this.folder, dirname(other)), { recursive: true })
    renameSync(join(this.folder, name), join(this.folder, other))
    this.files.set(other, this.files.get(name) ?? '')
    this.files.delete(name)
  }
}

/** The same digest, of a folder as it lies on the disk. */
export function digestOfFolder(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return digestOf(
    new Map(
      entries.map((entry) => {
        const file = join(entry.parentPath, entry.name)
        return [relative(folder, file), readFileSync(file, 'utf8')]
      }),
    ),
  )
}

function digestOf(files: ReadonlyMap<string, string>): string {
  const names = [...files.keys()].toSorted()
  const hash = createHash('md5')
  for (const name of names) hash.update(`${name}\0${files.get(name)}\0`)
  return `${names.length} files ${hash.digest('hex')}`
}

/** A table of which rows come, change and go, one transaction at a time. */
export class Ledger {
  static readonly create = 'CREATE TABLE ledger (id int PRIMARY KEY, entry text NOT NULL)'
  /** What `digest` says, asked of a server. */
  static readonly question =
    "SELECT count(*) || ' rows ' || md5(coalesce(string_agg(id || ':' || entry, ',' ORDER BY id), '')) FROM ledger"

  private rows: Map<number, string>
  private readonly chance: Chance
  private made = 0

  constructor(chance: Chance, rows: ReadonlyMap<number, string> = new Map()) {
    this.chance = chance
    this.rows = new Map(rows)
  }

  /** The next transaction; from here on the ledger holds what it leaves behind. */
  next(day: string): string {
    const statements: string[] = []
    const insert = (entry: string) => {
      this.made += 1
      this.rows.set(this.made, entry)
      statements.push(`INSERT INTO ledger VALUES (${this.made}, '${entry}')`)
    }
    insert(`${day} ${this.chance.text(30)}`)
    insert(this.chance.text(30))
    const changed = this.chance.pick([...this.rows.keys()])
    const entry = this.chance.text(20)
    this.rows.set(changed, entry)
    statements.push(`UPDATE ledger SET entry = '${entry}' WHERE id = ${changed}`)
    if (this.rows.size > 40) {
      const [oldest = 0] = this.rows.keys()
      this.rows.delete(oldest)
      statements.push(`DELETE FROM ledger WHERE id = ${oldest}`)
    }
    return statements.join('; ')
  }

  content(): ReadonlyMap<number, string> {
    return new Map(this.rows)
  }

  /** Goes back to what it held once; numbers are not given out twice all the same. */
  goBackTo(rows: ReadonlyMap<number, string>): void {
    this.rows = new Map(rows)
  }

  digest(): string {
    const text = [...this.rows.keys()]
      .toSorted((one, other) => one - other)
      .map((id) => `${id}:${this.rows.get(id)}`)
      .join(',')
    return `${this.rows.size} rows ${createHash('md5').update(text).digest('hex')}`
  }
}
