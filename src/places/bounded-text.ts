/**
 * Keeps the beginning and the end of a stream of lines within a bound and cuts the middle: the beginning says what was
 * tried, the end says what went wrong.
 */
export class BoundedText {
  private readonly headLimit: number
  private readonly tailLimit: number
  private head = ''
  private tail = ''
  private cutCharacters = 0

  constructor(limitCharacters = 8000) {
    this.headLimit = Math.floor(limitCharacters / 4)
    this.tailLimit = limitCharacters - this.headLimit
  }

  addLine(line: string): void {
    const text = `${line}\n`
    if (this.cutCharacters === 0 && this.tail === '' && this.head.length + text.length <= this.headLimit) {
      this.head += text
      return
    }
    this.tail += text
    if (this.tail.length > this.tailLimit) {
      this.cutCharacters += this.tail.length - this.tailLimit
      this.tail = this.tail.slice(-this.tailLimit)
    }
  }

  toString(): string {
    const middle = this.cutCharacters > 0 ? `… ${this.cutCharacters} characters cut …\n` : ''
    return `${this.head}${middle}${this.tail}`.trimEnd()
  }
}

/** Shortens a single text to a limit by cutting its middle, which keeps both the subject and the cause. */
export function cutMiddle(text: string, limitCharacters: number): string {
  if (text.length <= limitCharacters) return text
  const keep = Math.max(0, limitCharacters - 3)
  const head = Math.ceil(keep / 2)
  return `${text.slice(0, head)} … ${text.slice(text.length - (keep - head))}`.slice(0, limitCharacters)
}
