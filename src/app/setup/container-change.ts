import type { ContainerDescription } from '../../sources/postgres/container/inspection.ts'
import type { ContainerFacts } from '../../sources/postgres/port.ts'
import type { Owner } from './container-owner.ts'
import type { WantedImage } from './container-image.ts'
import type { AppContext } from '../site/context.ts'
import type { ContainerComponent } from '../../domain/site.ts'

/** A container that lacks something, and what it is to be made of. */
export interface ContainerChange {
  readonly context: AppContext
  readonly component: ContainerComponent
  readonly description: ContainerDescription
  readonly inside: ContainerFacts
  readonly image: WantedImage | undefined
  readonly over: string
  readonly lacks: readonly string[]
  readonly owner: Owner
  /** As options of docker and podman. */
  readonly mounts: string
}
