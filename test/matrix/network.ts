import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a network does with connections to the storage. */
export type NetworkState =
  | 'works'
  /** Whoever connects is cut off at once. */
  | 'down'
  /** Nobody listens. */
  | 'refuses'
  /** A tenth of a second for every 100 kB. */
  | 'slow'

const slow = { bytes: 100_000, pauseMs: 100 }

/** A network between a site and the real S3 server, which can break. It passes on what it gets: TLS ends at the server. */
export class Network {
  private state: NetworkState = 'works'
  private server: Server | undefined
  private readonly sockets = new Set<Socket>()
  private readonly target: { host: string; port: number }
  private port = 0

  private constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint)
    this.target = { host: hostname, port: Number(port) }
  }

  static async to(endpoint: string): Promise<Network> {
    const network = new Network(endpoint)
    await network.listen()
    return network
  }

  /** The same server, through this network. */
  get endpoint(): string {
    return `https://localhost:${this.port}`
  }

  async become(state: NetworkState): Promise<void> {
    this.state = state
    if (state === 'refuses') await this.close()
    else if (this.server === undefined) await this.listen()
    if (state === 'down') this.cutAll()
  }

  async close(): Promise<void> {
    const { server } = this
    this.server = undefined
    const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))
    this.cutAll()
    await closed
  }

  private async listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: false }, (client) => this.join(client))
    this.server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, 'localhost', resolve)
    })
    this.port = (server.address() as { port: number }).port
  }

  private join(client: Socket): void {
    if (this.state === 'down') {
      client.destroy()
      return
    }
    const upstream = connect(this.target)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from)
      from.once('close', () => {
        this.sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => from.destroy())
      void this.pass(from, to)
    }
  }

  private async pass(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        let rest = chunk as Buffer
        while (rest.length > 0) {
          const size = this.state === 'slow' ? slow.bytes : rest.length
          if (this.state === 'slow') await pause(slow.pauseMs)
          if (!to.write(rest.subarray(0, size))) await drained(to)
          rest = rest.subarray(size)
        }
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  private cutAll(): void {
    for (const socket of this.sockets) socket.destroy()
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })
