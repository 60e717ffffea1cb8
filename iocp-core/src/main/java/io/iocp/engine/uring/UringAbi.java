package io.iocp.engine.uring;

/**
 * Numbers and struct layouts of {@code include/uapi/linux/io_uring.h}; a test compares them with literals of that file.
 *
 * @see <a href="https://github.com/torvalds/linux/blob/master/include/uapi/linux/io_uring.h">io_uring.h</a>
 */
final class UringAbi {
    // struct io_uring_sqe
    static final int SQE_BYTES = 64;
    static final int SQE_OPCODE = 0;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    static final int SQE_USER_DATA = 32;
    static final int SQE_BUF_GROUP = 40;

    // struct io_uring_cqe
    static final int CQE_BYTES = 16;
    static final int CQE_USER_DATA = 0;
    static final int CQE_RES = 8;
    static final int CQE_FLAGS = 12;

    // struct io_uring_params, with io_sqring_offsets at 40 and io_cqring_offsets at 80
    static final int PARAMS_BYTES = 120;
    static final int PARAMS_SQ_ENTRIES = 0;
    static final int PARAMS_CQ_ENTRIES = 4;
    static final int PARAMS_FLAGS = 8;
    static final int PARAMS_FEATURES = 20;
    static final int PARAMS_SQ_HEAD = 40;
    static final int PARAMS_SQ_TAIL = 44;
    static final int PARAMS_SQ_FLAGS = 56;
    static final int PARAMS_SQ_ARRAY = 64;
    static final int PARAMS_CQ_HEAD = 80;
    static final int PARAMS_CQ_TAIL = 84;
    static final int PARAMS_CQ_OVERFLOW = 96;
    static final int PARAMS_CQ_CQES = 100;

    // struct io_uring_getevents_arg and struct __kernel_timespec
    static final int GETEVENTS_ARG_BYTES = 24;
    static final int GETEVENTS_ARG_TS = 16;
    static final int TIMESPEC_BYTES = 16;

    // struct io_uring_buf_reg
    static final int BUF_REG_BYTES = 40;
    static final int BUF_REG_RING_ADDR = 0;
    static final int BUF_REG_RING_ENTRIES = 8;
    static final int BUF_REG_BGID = 12;

    // struct io_uring_buf; the ring's tail lies over the unused last field of entry 0
    static final int BUF_BYTES = 16;
    static final int BUF_ADDR = 0;
    static final int BUF_LEN = 8;
    static final int BUF_BID = 12;
    static final int BUF_RING_TAIL = 14;
    static final int MAX_BUF_RING_ENTRIES = 32768;

    // struct io_uring_probe and struct io_uring_probe_op
    static final int PROBE_LAST_OP = 0;
    static final int PROBE_OPS = 16;
    static final int PROBE_OP_BYTES = 8;
    static final int PROBE_OP_FLAGS = 2;
    static final int PROBE_OP_SUPPORTED = 1;

    // struct msghdr and struct iovec on 64-bit machines
    static final int MSGHDR_BYTES = 56;
    static final int MSGHDR_NAME = 0;
    static final int MSGHDR_NAMELEN = 8;
    static final int MSGHDR_IOV = 16;
    static final int MSGHDR_IOVLEN = 24;
    static final int MSGHDR_FLAGS = 48;
    static final int IOVEC_BYTES = 16;
    static final int IOVEC_LEN = 8;
    static final int IOV_MAX = 1024;
    static final int MSG_TRUNC = 0x20;

    // io_uring_setup flags
    static final int SETUP_CQSIZE = 1 << 3;
    static final int SETUP_CLAMP = 1 << 4;
    static final int SETUP_SUBMIT_ALL = 1 << 7;
    static final int SETUP_COOP_TASKRUN = 1 << 8;
    static final int SETUP_TASKRUN_FLAG = 1 << 9;
    static final int SETUP_NO_SQARRAY = 1 << 16;

    // io_uring_params.features
    static final int FEAT_SINGLE_MMAP = 1;
    static final int FEAT_NODROP = 1 << 1;
    static final int FEAT_SUBMIT_STABLE = 1 << 2;
    static final int FEAT_FAST_POLL = 1 << 5;
    static final int FEAT_EXT_ARG = 1 << 8;
    static final int FEAT_NATIVE_WORKERS = 1 << 9;
    static final int FEAT_CQE_SKIP = 1 << 11;

    // mmap offsets
    static final long OFF_SQ_RING = 0;
    static final long OFF_SQES = 0x10000000L;

    // flags in the submission ring, set by the kernel
    static final int SQ_CQ_OVERFLOW = 1 << 1;
    static final int SQ_TASKRUN = 1 << 2;

    // io_uring_enter flags
    static final int ENTER_GETEVENTS = 1;
    static final int ENTER_EXT_ARG = 1 << 3;

    // io_uring_register opcodes
    static final int REGISTER_PROBE = 8;
    static final int REGISTER_IOWQ_MAX_WORKERS = 19;
    static final int REGISTER_PBUF_RING = 22;
    static final int UNREGISTER_PBUF_RING = 23;

    // request opcodes
    static final int OP_NOP = 0;
    static final int OP_FSYNC = 3;
    static final int OP_POLL_ADD = 6;
    static final int OP_SENDMSG = 9;
    static final int OP_RECVMSG = 10;
    static final int OP_ACCEPT = 13;
    static final int OP_ASYNC_CANCEL = 14;
    static final int OP_CONNECT = 16;
    static final int OP_FALLOCATE = 17;
    static final int OP_READ = 22;
    static final int OP_WRITE = 23;
    static final int OP_SEND = 26;
    static final int OP_RECV = 27;
    static final int OP_SEND_ZC = 47;
    static final int OP_FTRUNCATE = 55;

    // sqe->flags
    static final int SQE_BUFFER_SELECT = 1 << 5;
    static final int SQE_CQE_SKIP_SUCCESS = 1 << 6;

    // per-operation flags
    static final int ACCEPT_MULTISHOT = 1;
    static final int RECV_MULTISHOT = 1 << 1;
    static final int POLL_ADD_MULTI = 1;
    static final int FSYNC_DATASYNC = 1;
    static final int RWF_APPEND = 0x10;

    // cqe->flags
    static final int CQE_F_BUFFER = 1;
    static final int CQE_F_MORE = 1 << 1;
    static final int CQE_F_NOTIF = 1 << 3;
    static final int CQE_BUFFER_SHIFT = 16;

    private UringAbi() {}

    static boolean isPowerOfTwo(int n) {
        return n > 0 && (n & (n - 1)) == 0;
    }
}
