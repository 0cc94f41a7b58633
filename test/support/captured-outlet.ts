import { PassThrough, Writable } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import { Outlet } from '../../src/cli/output/outlet.ts'

/** An outlet whose outputs are kept; as a file where no terminal is wanted, and without colours where the environment isn't said. */
export class CapturedOutlet extends Outlet {
  private readonly written: { stdout: string; stderr: string }

  constructor(terminal?: { readonly columns: number }, environment: NodeJS.ProcessEnv = { NO_COLOR: '1' }) {
    const written = { stdout: '', stderr: '' }
    const stream = (name: 'stdout' | 'stderr') =>
      Object.assign(
        new Writable({
          decodeStrings: false,
          write: (chunk: string, _encoding, done) => {
            written[name] += chunk
            done()
          },
        }),
        { isTTY: terminal !== undefined, columns: terminal?.columns },
      ) as unknown as WriteStream
    const stdin = Object.assign(new PassThrough(), { isTTY: terminal !== undefined }) as unknown as ReadStream
    super({ stdin, stdout: stream('stdout'), stderr: stream('stderr') }, environment)
    this.written = written
  }

  get stdout(): string {
    return this.written.stdout
  }

  get stderr(): string {
    return this.written.stderr
  }
}
