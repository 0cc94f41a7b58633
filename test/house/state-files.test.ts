import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { isHoldfastError } from '../../src/domain/errors.ts'
import { smallDisk } from '../support/small-disk.ts'
import { stateSamples, type StateSample } from '../support/state-samples.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { house } from './planted-tree.ts'

/** Every kind of file that one process leaves to the next: whatever has become of one, nothing of it gets in. */

function written({ kind, value }: StateSample): string {
  const file = join(temporaryFolder(), 'folder', 'file.json')
  kind.write(file, value)
  return file
}

/** Why a file cannot be used, when reading it gives nothing, or an error that names it and says what to do. */
function faultOf({ kind }: StateSample, file: string): string | undefined {
  try {
    if (kind.read(file) !== undefined) return 'it was read'
  } catch (error) {
    if (!isHoldfastError(error) || !error.message.includes(file) || error.hint === undefined) throw error
  }
  return kind.fault(file)?.message
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** The same with one value in it replaced, for each value in it. */
function* spoilt(value: Json, depth: number): Generator<[path: string, value: Json]> {
  yield ['', typeof value === 'string' ? 7 : typeof value === 'object' ? 'another' : { unexpected: { unexpected: [{}] } }]
  if (typeof value !== 'object' || value === null || depth === 0) return
  for (const [name, inner] of Object.entries(value)) {
    for (const [path, other] of spoilt(inner, depth - 1)) {
      const copy = structuredClone(value)
      Object.assign(copy, { [name]: other })
      yield [`.${name}${path}`, copy]
    }
  }
}

describe.each(stateSamples.map((sample) => [sample.name, sample] as const))('%s', (_, sample) => {
  const { kind, value } = sample

  test('comes back as it was', () => {
    const file = written(sample)
    expect(kind.read(file)).toEqual(value)
    expect(kind.fault(file)).toBeUndefined()
    expect(statSync(file).mode & 0o002).toBe(0)
  })

  test('is nothing before it is written', () => {
    const file = join(temporaryFolder(), 'none.json')
    expect([kind.read(file), kind.fault(file)]).toEqual([undefined, undefined])
  })

  test('is of no use when it was torn, wherever that was', () => {
    const file = written(sample)
    const { size } = statSync(file)
    for (let length = size - 2; length > 0; length -= Math.ceil(size / 40)) {
      truncateSync(file, length)
      expect(faultOf(sample, file)).toContain('is not JSON')
    }
    truncateSync(file, 0)
    expect(faultOf(sample, file)).toContain('is empty')
    truncateSync(file, size)
    expect(faultOf(sample, file)).toContain('is not JSON')
  })

  test.each([
    'null',
    '{}',
    '[]',
    '""',
    '7',
    'true',
    '[{}]',
    '{"format":1}',
    '{"format":1,"format":null}',
    '{"format":"1"}',
    '{"__proto__":{}}',
  ])('is of no use when it holds %s', (content) => {
    const file = written(sample)
    writeFileSync(file, content)
    expect(faultOf(sample, file)).toContain('does not hold what it should')
  })

  test('is of no use when any part of it has another shape', () => {
    const file = written(sample)
    const { format, ...content } = JSON.parse(kind.text(value)) as { [name: string]: Json }
    for (const [path, other] of spoilt(content, sample.isLoose === true ? 2 : 9)) {
      if (path === '') continue
      writeFileSync(file, JSON.stringify({ format, ...(other as object) }))
      expect([path, faultOf(sample, file)]).toEqual([path, expect.stringContaining('does not hold what it should')])
    }
  })

  test.each([
    [0, 'was written by an older Holdfast (format 0, not 1)'],
    [2, 'was written by a newer Holdfast (format 2, not 1)'],
  ])('is of no use to this version when its format is %d', (format, why) => {
    const file = written(sample)
    writeFileSync(file, JSON.stringify({ ...JSON.parse(kind.text(value)), format }))
    expect(faultOf(sample, file)).toContain(why)
  })

  test('is not read when it is of 200 MB', () => {
    const file = written(sample)
    truncateSync(file, 200 * 2 ** 20)
    const before = process.memoryUsage()
    expect(faultOf(sample, file)).toContain('is larger than')
    const after = process.memoryUsage()
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(10 * 2 ** 20)
  })

  test.each([
    ['a folder', (file: string) => mkdirSync(file), 'is not a regular file'],
    ['a pipe that nobody writes into', (file: string) => execFileSync('mkfifo', [file]), 'is not a regular file'],
    ['a link to itself', (file: string) => symlinkSync(file, file), 'cannot be read: ELOOP'],
  ])('is of no use when %s is in its place', (_what, make, why) => {
    const file = join(temporaryFolder(), 'file.json')
    make(file)
    expect(faultOf(sample, file)).toContain(why)
  })

  test('is as before on a disk that is full, and leaves no draft there', () => {
    const disk = smallDisk()
    const file = join(disk.path, 'file.json')
    kind.write(file, value)
    disk.fill(0)
    expect(() => kind.write(file, value)).toThrow(`ENOSPC: no space left on device, write '${file}'`)
    expect(readdirSync(disk.path).toSorted()).toEqual(['file.json', 'filling'])
    expect(kind.read(file)).toEqual(value)
  })
})

test('two processes that write at once leave one of both values, and a reader sees no other', async () => {
  const folder = temporaryFolder()
  const script = join(folder, 'writer.cjs')
  const samples = join(house, 'test/support/state-samples.ts')
  const lines = join(house, 'src/disk/append-line.ts')
  buildSync({
    stdin: {
      contents: `
        import { stateSamples } from ${JSON.stringify(samples)}
        import { appendLine } from ${JSON.stringify(lines)}
        const [, , folder, who] = process.argv
        for (let time = 0; time < 25; time += 1) {
          for (const { name, kind, value } of stateSamples) kind.write(folder + '/' + name, { ...value, who })
          appendLine(folder + '/lines', who + ' ' + time + ' ' + 'x'.repeat(9000), { file: 0o600, folder: 0o700 })
        }`,
      resolveDir: house,
    },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  })
  const state = join(folder, 'state')
  const writers = ['one', 'other'].map((who) =>
    spawn(process.execPath, [script, state, who], { stdio: ['ignore', 'ignore', 'inherit'] }),
  )
  const ends = writers.map((writer) => once(writer, 'exit'))
  const read = () =>
    stateSamples.flatMap(({ name, kind, value }) => {
      const seen = kind.read(join(state, name))
      const { who, ...rest } = (seen ?? value) as { who?: string }
      expect([name, rest]).toEqual([name, value])
      expect([undefined, 'one', 'other']).toContain(who)
      return who ?? []
    })
  while (writers.some(({ exitCode }) => exitCode === null)) {
    read()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await Promise.all(ends)).toEqual([
    [0, null],
    [0, null],
  ])
  expect(read()).toHaveLength(stateSamples.length)
  expect(readdirSync(state).toSorted()).toEqual([...stateSamples.map(({ name }) => name), 'lines'].toSorted())
  const all = readFileSync(join(state, 'lines'), 'utf8').trimEnd().split('\n')
  const wanted = ['one', 'other'].flatMap((who) => Array.from({ length: 25 }, (_, time) => `${who} ${time} ${'x'.repeat(9000)}`))
  expect(all.toSorted()).toEqual(wanted.toSorted())
})

test('none is written larger than it would be read', () => {
  const [sample] = stateSamples as [StateSample]
  const file = written(sample)
  const larger = { ...sample.value, more: 'x'.repeat(17 * 2 ** 20) }
  expect(() => sample.kind.write(file, larger)).toThrow(`is too large, write '${file}'`)
  expect(sample.kind.read(file)).toEqual(sample.value)
})

test('every kind of state file is in this suite', () => {
  const folder = join(house, 'src')
  const defined = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'disk/state-file.ts')
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const uses = [...text.matchAll(/\bdefineStateFile\b(?!\s*\})/g)]
      const names = [...text.matchAll(/^export const (\w+) = defineStateFile</gm)].map(([, name]) => name)
      expect([file, names.length]).toEqual([file, uses.length])
      return names
    })
  expect(stateSamples.map(({ name }) => name).toSorted()).toEqual(defined.map(String).toSorted())
})
