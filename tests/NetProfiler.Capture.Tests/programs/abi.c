/* Names every type that both sides share, so that they are in this object's BTF. */
#include "maps.bpf.h"

enum limits {
	LIMIT_COMM_LENGTH = COMM_LENGTH,
	LIMIT_UNIX_PATH_LENGTH = UNIX_PATH_LENGTH,
	LIMIT_MAX_CAPTURE_BYTES = MAX_CAPTURE_BYTES,
	LIMIT_VERDICT_SLOTS = VERDICT_SLOTS,
	LIMIT_CALL_SLOTS = CALL_SLOTS,
	LIMIT_MAX_PROCESS_IDS = MAX_PROCESS_IDS,
	LIMIT_MAX_CGROUPS = MAX_CGROUPS,
	LIMIT_MAX_COMMS = MAX_COMMS,
	LIMIT_MAX_PORTS = MAX_PORTS,
	LIMIT_INTERRUPTERS = INTERRUPTERS,
};

struct abi {
	enum record_type record_type;
	enum direction direction;
	enum syscall_kind syscall_kind;
	enum endpoint_role endpoint_role;
	enum open_flags open_flags;
	enum data_flags data_flags;
	enum part_flags part_flags;
	enum end_flags end_flags;
	enum close_kind close_kind;
	enum counter counter;
	enum stream_flags stream_flags;
	enum stream_end_flags stream_end_flags;
	enum process_flags process_flags;
	enum tls_function tls_function;
	enum target_flags target_flags;
	enum tls_scope tls_scope;
	enum limits limits;
	struct capture_config capture_config;
	struct record_header record_header;
	struct open_record open_record;
	struct data_record data_record;
	struct end_record end_record;
	struct close_record close_record;
	struct drop_record drop_record;
	struct exit_record exit_record;
	struct process_record process_record;
	struct stream_record stream_record;
	struct stream_end_record stream_end_record;
	struct tls_key tls_key;
	struct tls_layout tls_layout;
	struct verdict verdict;
	struct connection connection;
	struct cpu cpu;
} abi;
