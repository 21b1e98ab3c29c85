/**
 * CreateAcls: v0-3
 *
 * Behavior
 * - SECURITY_DISABLED for each entry, as from Apache Kafka without authorizer.class.name: nothing here would enforce it.
 *   What the controller decides of entries is in src/controller/acls.ts.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { CreateAclsRequest, CreateAclsResponse } from '../../protocol/api/30-create-acls.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { messageOf } from './29-describe-acls.ts'
import { handlerFor } from './handler.ts'

export const createAcls = () =>
  handlerFor(CreateAclsRequest, CreateAclsResponse, {
    key: 30,
    versions: [0, 3],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    handle: (request) => refused(request, ErrorCode.SECURITY_DISABLED),
    refuse: refused,
  })

const refused = ({ creations }: CreateAclsRequest, errorCode: ErrorCode) => ({
  throttleTimeMs: 0,
  results: creations.map(() => ({ errorCode, errorMessage: messageOf(errorCode) })),
})
