import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { ContainerRuntime } from '../../domain/site.ts'
import {
  dockerfileText,
  imageQuestion,
  readDockerfile,
  readImageAnswer,
  type BaseImage,
} from '../../sources/postgres/container/image.ts'
import { runClient } from '../../sources/postgres/container/inspection.ts'
import type { AppContext } from '../site/context.ts'

/** An image of ours, and the Dockerfile that makes it. */
export interface WantedImage {
  readonly name: string
  /** Folder of the Dockerfile. */
  readonly folder: string
  readonly file: string
  readonly text: string
  readonly packageVersion: string
}

/** @param base the image that its owner chose; undefined when the container runs ours already, which remembers it */
export async function planImage(
  context: AppContext,
  wish: {
    readonly runtime: ContainerRuntime
    readonly name: string
    readonly folder: string
    readonly base: string | undefined
    readonly uid: number
    readonly gid: number
  },
): Promise<WantedImage> {
  const file = join(wish.folder, 'Dockerfile')
  const known = existsSync(file) ? readDockerfile(readFileSync(file, 'utf8')) : undefined
  const base = wish.base ?? known?.base
  if (base === undefined) {
    throw new HoldfastError('engine-configuration', `${file} is gone, and with it which image ${wish.name} was built from`, {
      hint: 'make the container from its own image again, then: holdfast setup apply',
    })
  }
  const image = known?.base === base ? known : await askImage(context, wish.runtime, base)
  return {
    name: wish.name,
    folder: wish.folder,
    file,
    text: dockerfileText({ ...image, uid: wish.uid, gid: wish.gid }),
    packageVersion: image.packageVersion,
  }
}

/** Looks into an image, in a container of it that is thrown away. Nothing is downloaded but lists of packages. */
async function askImage({ place, signal }: AppContext, runtime: ContainerRuntime, base: string): Promise<BaseImage> {
  const options = { signal, deadlineMs: duration(3, 'm') }
  const user = await runClient(place, runtime, ['image', 'inspect', '--format', '{{.Config.User}}', base], options)
  if (user.exitCode !== 0) {
    throw new HoldfastError('container-missing', `${runtime} has no image ${base}`, {
      hint: `${runtime} pull ${base}; then run the command again`,
      detail: user.stderr,
    })
  }
  const words = ['run', '--rm', '--pull', 'never', '--user', '0', '--entrypoint', 'sh', base, '-c', imageQuestion]
  const { stdout, stderr } = await runClient(place, runtime, words, options)
  return { base, user: user.stdout.trim(), ...readImageAnswer(base, stdout, stderr) }
}
