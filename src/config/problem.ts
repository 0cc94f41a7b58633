import { basename } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'

/** One error of a configuration, placed where it stands. Lines and columns count from 1. */
export interface Problem {
  readonly line: number
  readonly column: number
  /** Length of the offending text on its line. */
  readonly length: number
  readonly message: string
  readonly hint?: string | undefined
}

/**
 * All problems of a file as one error, the way a compiler shows them: file, line and column first, so that editors can jump
 * there; then the line itself with the offending text marked.
 */
export function problemsError(file: string, text: string, problems: readonly Problem[]): HoldfastError {
  const lines = text.split('\n')
  const sorted = problems.toSorted((one, other) => one.line - other.line || one.column - other.column)
  const shown = sorted.map((problem) => {
    const place = `${basename(file)}:${problem.line}:${problem.column}`
    const source = (lines[problem.line - 1] ?? '').replaceAll('\t', ' ').replace(/\r$/, '')
    const { text: excerpt, column } = excerptOf(source, problem.column)
    const gutter = String(problem.line).padStart(5)
    const marks = '^'.repeat(Math.max(1, Math.min(problem.length, excerpt.length - column + 1)))
    return [
      `${place}  ${problem.message}`,
      `${gutter} │ ${excerpt}`,
      `${' '.repeat(5)} │ ${' '.repeat(column - 1)}${marks}`,
      ...(problem.hint === undefined ? [] : [`        ${problem.hint}`]),
    ].join('\n')
  })
  const count = `${problems.length} ${problems.length === 1 ? 'error' : 'errors'}`
  return new HoldfastError('configuration', `${file} has ${count}; nothing was done`, {
    detail: shown.join('\n'),
    hint: 'docs/configuration.md describes every key; holdfast config schema gives editors the same knowledge',
  })
}

const longestExcerpt = 120

/** The part of a long line that a problem is about, and the problem's column in it. */
function excerptOf(source: string, column: number): { text: string; column: number } {
  if (source.length <= longestExcerpt) return { text: source, column }
  const begin = Math.max(0, column - longestExcerpt / 2)
  const before = begin > 0 ? '…' : ''
  const after = begin + longestExcerpt < source.length ? '…' : ''
  return { text: before + source.slice(begin, begin + longestExcerpt) + after, column: column - begin + before.length }
}
