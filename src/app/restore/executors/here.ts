import { isInContainer, type PostgresComponent } from '../../../domain/site.ts'
import { clusterOwner } from '../../../sources/postgres/data-directory.ts'
import type { ClusterOwner } from '../../../sources/postgres/port.ts'
import type { AppContext } from '../../site/context.ts'
import type { Workbench } from './workbench.ts'

/** This machine's own programs; a database of a container is restored by them too, where they read what those inside wrote. */
export async function workbenchHere(
  context: Pick<AppContext, 'place' | 'engineOf' | 'engineAt'>,
  component: PostgresComponent,
): Promise<Workbench> {
  const { place } = context
  const owner = ownerHere(component)
  if (!isInContainer(component)) return { place, owner, engine: context.engineOf(component) }
  return { place, owner, engine: await context.engineAt(component, { place, user: owner.user, isContainer: false }) }
}

/**
 * Who owns what is restored of a database: the owner of the live one. Of one in a container, whoever has to read its repository
 * where that is a folder; of one in a bucket Debian's user for clusters does.
 */
export function ownerHere(component: PostgresComponent): ClusterOwner {
  const { location, source } = component
  if (!isInContainer(component)) return clusterOwner(source.dataDirectory)
  return clusterOwner(location.kind === 'directory' ? location.path : `${source.dataDirectory}/none`)
}
