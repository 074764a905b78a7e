// Failures of files, with the numbers that Linux gives them: images and plugins know those.

/** Numbers of failures, by the names of POSIX. */
export const ERRNO = Object.freeze({
  EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, EAGAIN: 11, EACCES: 13, EBUSY: 16, EEXIST: 17, EXDEV: 18, ENOTDIR: 20, EISDIR: 21,
  EINVAL: 22, EMFILE: 24, EFBIG: 27, ENOSPC: 28, ESPIPE: 29, EROFS: 30, ENAMETOOLONG: 36, ENOTEMPTY: 39, ELOOP: 40, EILSEQ: 84,
  ENOTSUP: 95,
});

const WORDS = {
  EPERM: 'operation not permitted', ENOENT: 'no such file or directory', EIO: 'input/output error', EBADF: 'bad file number',
  EAGAIN: 'nothing there yet', EACCES: 'permission denied', EBUSY: 'in use', EEXIST: 'it exists already',
  EXDEV: 'it leads out of the directory', ENOTDIR: 'not a directory', EISDIR: 'is a directory', EINVAL: 'invalid argument',
  EMFILE: 'too many open files', EFBIG: 'file too large', ENOSPC: 'no space left', ESPIPE: 'it has no positions',
  EROFS: 'it can only be read', ENAMETOOLONG: 'name too long', ENOTEMPTY: 'directory not empty', ELOOP: 'too many symbolic links',
  EILSEQ: 'a name that is no UTF-8', ENOTSUP: 'not supported',
};

/** How an operation on files fails. */
export class FileError extends Error {
  /**
   * @param {keyof typeof ERRNO} code the name of the failure
   * @param {string} [path] what it was about
   */
  constructor(code, path) {
    super(path === undefined ? `${code}: ${WORDS[code]}` : `${code}: ${WORDS[code]}: ${path}`);
    this.name = 'FileError';
    this.code = code;
    this.errno = ERRNO[code];
    this.path = path;
  }

  /**
   * The number of any failure: EIO for one that has none.
   * @param {unknown} error
   * @returns {number}
   */
  static number(error) {
    if (error instanceof FileError) return error.errno;
    // An array that the engine cannot make.
    if (error instanceof RangeError) return ERRNO.ENOSPC;
    return ERRNO[/** @type {{ code?: string }} */ (error)?.code] ?? ERRNO.EIO;
  }
}
