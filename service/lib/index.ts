/** Version of the service's protocol and store. */
export const SERVICE_VERSION = 1;
