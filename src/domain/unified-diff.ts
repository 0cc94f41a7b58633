/** Lines around a change that show where it is. */
const context = 3

type Line = readonly [mark: ' ' | '-' | '+', text: string]

/** What changes from a text to another, as `diff -u` shows it; empty when nothing does. For texts of a hundred lines. */
export function unifiedDiff(before: string, after: string, names: readonly [before: string, after: string]): string {
  const lines = comparedLines(linesOf(before), linesOf(after))
  const changed = lines.flatMap(([mark], index) => (mark === ' ' ? [] : [index]))
  if (changed.length === 0) return ''
  const hunks: [begin: number, end: number][] = []
  for (const index of changed) {
    const [begin, end] = [Math.max(0, index - context), Math.min(lines.length, index + context + 1)]
    const last = hunks.at(-1)
    if (last !== undefined && begin <= last[1]) last[1] = end
    else hunks.push([begin, end])
  }
  return [`--- ${names[0]}`, `+++ ${names[1]}`, ...hunks.flatMap(([begin, end]) => hunkLines(lines, begin, end))].join('\n')
}

function hunkLines(lines: readonly Line[], begin: number, end: number): string[] {
  const range = (mine: '-' | '+'): string => {
    const count = (part: readonly Line[]) => part.filter(([mark]) => mark === ' ' || mark === mine).length
    const [above, length] = [count(lines.slice(0, begin)), count(lines.slice(begin, end))]
    return `${mine}${length === 0 ? above : above + 1},${length}`
  }
  return [`@@ ${range('-')} ${range('+')} @@`, ...lines.slice(begin, end).map(([mark, text]) => mark + text)]
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** Both texts in one, by their longest common subsequence of lines. */
function comparedLines(before: readonly string[], after: readonly string[]): Line[] {
  // common[i][j]: how many lines before[i…] and after[j…] share.
  const common = Array.from({ length: before.length + 1 }, () => Array.from({ length: after.length + 1 }, () => 0))
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const same = before[row] === after[column]
      const cells = common[row] as number[]
      cells[column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const lines: Line[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const [old, young] = [before[row], after[column]]
    if (old !== undefined && old === young) {
      lines.push([' ', old])
      row += 1
      column += 1
    } else if (old !== undefined && (young === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(['-', old])
      row += 1
    } else {
      lines.push(['+', young as string])
      column += 1
    }
  }
  return lines
}
