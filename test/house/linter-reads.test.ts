import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { house, lint, lintPlanted, runLinter } from './planted-tree.ts'

/** What `npm run lint` passes to the linter, so that what is proved here is proved of that. */
const optionsOfLint = (): string[] => {
  const { scripts } = JSON.parse(readFileSync(join(house, 'package.json'), 'utf8')) as { scripts: { lint: string } }
  const [program, ...options] = scripts.lint.split(' ')
  expect(program).toBe('oxlint')
  return options
}

/** Every file of code in this repository: in the three folders, and the tools' configuration beside them. */
function filesOfCode(): string[] {
  const inFolders = ['src', 'test', 'scripts'].flatMap((folder) =>
    readdirSync(join(house, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  return [...inFolders, ...readdirSync(house)].filter((file) => /\.[cm]?[jt]sx?$/.test(file)).toSorted()
}

describe('the linter', () => {
  // It lints the whole house twice, beside all other tests.
  test('reads every file of code, and says how many it read', { timeout: 180_000 }, () => {
    const options = optionsOfLint()
    const listed = runLinter(house, [...options, '--debug=files'])
      .printed.trim()
      .split('\n')
      .toSorted()
    expect(listed).toEqual(filesOfCode())
    expect(lint(house, options).filesRead).toBe(listed.length)
  })

  test('knows the types: it refuses what only they show', () => {
    const tidying = (how: string): string => `import { rm } from 'node:fs/promises'\n\nexport const tidy = ${how}\n`
    const planted = new Map([
      ['src/app/backup/forgets.ts', tidying('(folder: string): void => {\n  rm(folder)\n}')],
      ['src/app/backup/waits.ts', tidying('(folder: string): Promise<void> => rm(folder)')],
    ])
    const { exitCode, findings } = lintPlanted(planted, optionsOfLint())
    expect(findings).toEqual([{ file: 'src/app/backup/forgets.ts', line: 4, rule: 'typescript(no-floating-promises)' }])
    expect(exitCode).toBe(1)
  })

  test('refuses a comment that lifts a rule where nothing breaks it', () => {
    const text = '// oxlint-disable-next-line no-console -- printed here once\nexport const quiet = true\n'
    const { exitCode, findings } = lintPlanted(new Map([['src/app/backup/quiet.ts', text]]), optionsOfLint())
    expect(findings.map(({ file, line }) => `${file}:${line}`)).toEqual(['src/app/backup/quiet.ts:1'])
    expect(exitCode).toBe(1)
  })

  test('lets a tree without a fault pass', () => {
    const planted = new Map([['src/app/backup/name.ts', "export const name = 'holdfast'\n"]])
    expect(lintPlanted(planted, optionsOfLint())).toEqual({ exitCode: 0, findings: [], filesRead: 1 })
  })
})
