/**
 * ListGroups: v0-5
 *
 * Behavior
 * - The groups whose coordinator this node is (facts E51, E52): with DESCRIBE on the cluster all of them, else those on
 *   which one has it.
 *
 * Version notes
 * - v4 states (KIP-518), v5 types (KIP-848) as filters and in the answer.
 */
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/api/16-list-groups.ts'
import { mayOnCluster, rightTo } from './authorize.ts'
import { groupContext } from './group-context.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const listGroups = (services: Services) =>
  handlerFor(ListGroupsRequest, ListGroupsResponse, {
    key: 16,
    versions: [0, 5],
    needs: 'resources',
    async handle(request, context) {
      const listed = await services.groups.listGroups(request, groupContext(services, context))
      if (mayOnCluster(services, context, 'DESCRIBE')) return listed
      const mayDescribe = rightTo(services, context, 'DESCRIBE', 'GROUP')
      return { ...listed, groups: listed.groups.filter(({ groupId }) => mayDescribe(groupId)) }
    },
    refuse: (_request, errorCode) => ({ errorCode, groups: [] }),
  })
