import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The repository's own folder. */
export const house = join(import.meta.dirname, '../..')

const oxlint = join(house, 'node_modules/oxlint/bin/oxlint')

/** One thing that the linter refuses. */
export interface Finding {
  readonly file: string
  readonly line: number
  /** As the linter prints it, such as `eslint(no-console)`. */
  readonly rule: string
}

export interface LintReport {
  readonly exitCode: number
  readonly filesRead: number
  readonly findings: readonly Finding[]
}

interface Answer {
  readonly number_of_files: number
  readonly diagnostics: readonly {
    readonly filename: string
    readonly code?: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

interface Ended {
  readonly exitCode: number
  readonly printed: string
  readonly complaints: string
}

/** Runs the linter in a folder and gives back what it printed. */
export function runLinter(folder: string, options: readonly string[]): Ended {
  const ended = spawnSync(process.execPath, [oxlint, ...options], { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (ended.status === null) throw new Error(`the linter was ended by ${ended.signal ?? ended.error?.message}`)
  return { exitCode: ended.status, printed: ended.stdout, complaints: ended.stderr }
}

export function lint(folder: string, options: readonly string[] = []): LintReport {
  const { exitCode, printed, complaints } = runLinter(folder, [...options, '--format', 'json'])
  if (!printed.startsWith('{')) throw new Error(`the linter gave no report, but: ${printed}${complaints}`)
  const answer = JSON.parse(printed) as Answer
  const findings = answer.diagnostics.map(({ filename, code, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code ?? '',
  }))
  return { exitCode, filesRead: answer.number_of_files, findings }
}

/** Lints texts as if they were files of this repository: under its rules, its compiler's options and these paths. */
export function lintPlanted(files: ReadonlyMap<string, string>, options: readonly string[] = []): LintReport {
  const tree = mkdtempSync(join(tmpdir(), 'holdfast-planted-'))
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(house, name), join(tree, name))
    // The compiler's options name Node's types, and without them no rule about types runs.
    symlinkSync(join(house, 'node_modules'), join(tree, 'node_modules'))
    for (const [file, text] of files) {
      mkdirSync(dirname(join(tree, file)), { recursive: true })
      writeFileSync(join(tree, file), text)
    }
    return lint(tree, options)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
