import type { PostgresComponent } from '../../domain/site.ts'
import { clusterOwner } from '../../sources/postgres/data-directory.ts'
import type { ClusterOwner } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'

/** Who owns what is restored of a database: the owner of the live one. */
export const ownerOfRestored = ({ restoring }: Pick<AppContext, 'restoring'>, { source }: PostgresComponent): ClusterOwner =>
  restoring?.owner ?? clusterOwner(source.dataDirectory)
