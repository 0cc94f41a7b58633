/** How many brackets are open around a match of `restic find`, and around a snapshot. */
const aroundMatch = 3
const aroundSnapshot = 1

/**
 * Takes the answer of `restic find --json` apart while it comes: a list of snapshots, each with the list of its matches, all
 * in one line that may be larger than memory.
 */
export class MatchReader {
  private readonly onMatch: (text: string) => void
  private readonly onSnapshot: (text: string) => void
  private depth = 0
  private inText = false
  private escaped = false
  /** What of a match or of a snapshot came in earlier chunks. */
  private piece = ''

  /** @param onSnapshot called behind a snapshot's matches, with an object of what else is told of it */
  constructor(onMatch: (text: string) => void, onSnapshot: (text: string) => void) {
    this.onMatch = onMatch
    this.onSnapshot = onSnapshot
  }

  read(chunk: string): void {
    let begin = 0
    for (let index = 0; index < chunk.length; index += 1) {
      const character = chunk[index]
      if (this.inText) {
        this.inText = this.escaped || character !== '"'
        this.escaped = !this.escaped && character === '\\'
      } else if (character === '"') {
        this.inText = true
      } else if (character === '{' || character === '[') {
        if (this.depth === aroundMatch) begin = this.startAt(index)
        this.depth += 1
      } else if (character === '}' || character === ']') {
        this.depth -= 1
        if (this.depth === aroundMatch) this.onMatch(this.piece + chunk.slice(begin, index + 1))
        if (this.depth === aroundSnapshot) this.onSnapshot(`{"matches":[]${this.piece}${chunk.slice(begin, index)}}`)
        if (this.depth <= aroundMatch) begin = this.startAt(index + 1)
      }
    }
    this.piece += chunk.slice(begin)
  }

  /** Throws when the answer was cut off. */
  end(): void {
    if (this.depth !== 0) throw new SyntaxError('the answer was cut off')
  }

  private startAt(index: number): number {
    this.piece = ''
    return index
  }
}
