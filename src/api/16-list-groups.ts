/**
 * ListGroups: v0-5
 *
 * Behavior
 * - The groups whose coordinator this node is (facts E51, E52).
 *
 * Version notes
 * - v4 states (KIP-518), v5 types (KIP-848) as filters and in the answer.
 */
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/api/16-list-groups.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const listGroups = (services: Services) =>
  handlerFor(ListGroupsRequest, ListGroupsResponse, {
    key: 16,
    versions: [0, 5],
    handle: (request, context) => services.groups.listGroups(request, groupContext(services, context)),
    refuse: (_request, errorCode) => ({ errorCode, groups: [] }),
  })
