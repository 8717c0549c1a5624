/** The cookie that holds a browser's session with this server. It is nobody's but this server's to read or to set. */
export const SESSION_COOKIE = 'ku7s_session';
