import { HoldfastError } from '../../domain/errors.ts'
import type { NamePattern } from '../file-port.ts'

/** Whether a path fits a pattern, and the pattern by which restic is asked for all that may. */
export interface NameMatcher {
  readonly matches: (path: string) => boolean
  readonly forEngine: string
}

/**
 * A pattern without a slash at its beginning may begin at any folder of a path. restic's patterns mean the same, but take a
 * folder's contents along with the folder; here, a pattern means what it names.
 */
export function nameMatcher({ glob, ignoreCase }: NamePattern): NameMatcher {
  const parts = glob.split('/').filter((part) => part !== '')
  if (parts.length === 0) throw notAPattern(glob, 'it names nothing')
  const anchored = glob.startsWith('/')
  const source = parts.map((part) => (part === '**' ? '(?:/[^/]+)*' : `/${expressionOf(part, glob)}`)).join('')
  const expression = new RegExp(`${anchored ? '^' : ''}${source}$`, ignoreCase ? 'isu' : 'su')
  // A pattern that begins with an exclamation mark is the opposite to restic.
  const engineGlob = `${anchored ? '/' : ''}${parts.join('/')}`.replace(/^!/, '\\!')
  return { matches: (path) => expression.test(path), forEngine: engineGlob }
}

/** One name of a pattern as a regular expression: `*`, `?`, `[a-z]`, `[^a]`, and `\` before any of them. */
function expressionOf(part: string, glob: string): string {
  const token = /\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([*?])|([^\\[])|(.)/gsuy
  let source = ''
  while (token.lastIndex < part.length) {
    const [, escaped, negated, members, wildcard, plain] = token.exec(part) ?? []
    if (escaped !== undefined) source += literal(escaped)
    else if (members !== undefined) source += `(?!/)[${negated ?? ''}${membersOf(members)}]`
    else if (wildcard !== undefined) source += wildcard === '*' ? '[^/]*' : '[^/]'
    else if (plain !== undefined) source += literal(plain)
    else throw notAPattern(glob, 'a bracket is not closed, or nothing follows a backslash')
  }
  try {
    return new RegExp(source, 'u').source
  } catch {
    throw notAPattern(glob, 'a range in brackets runs backwards')
  }
}

const membersOf = (members: string): string =>
  members.replaceAll(/\\(.)/gsu, (_all, character: string) => (character === '-' ? '\\-' : literal(character)))

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')

const notAPattern = (glob: string, why: string): HoldfastError =>
  new HoldfastError('usage', `${JSON.stringify(glob)} is not a pattern: ${why}`, {
    hint: 'as in a shell: * is any text, ? one character, [ab] one of these, and a backslash takes the meaning from the next one',
  })
