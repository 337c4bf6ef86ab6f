using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Web.Requests;

namespace NetProfiler.Node.Exchanges;

/// <summary>
/// Passes exchanges to the web page: the ring-buffer thread copies them into reusable chunks without allocation; another thread masks,
/// joins and counts them.
/// </summary>
/// <param name="isPatient">If true, the source waits for a free chunk; otherwise, exchanges without one are dropped and counted.</param>
/// <param name="copied">Request fields to include in rows.</param>
internal sealed class ExchangeFeed(RequestTable table, Redactor redactor, CopiedFields copied, bool isPatient) : IAsyncDisposable
{
    private const int ChunkRows = 512;
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Maximum number of chunks in transit, with at most 65,536 exchanges; 24 MiB if all are needed.</summary>
    private const int MaxChunks = 128;

    /// <summary>Maximum length of a target.</summary>
    private const int MaxTargetBytes = 2048;

    private const int MaxMethodBytes = 64;
    private const int MaxHostBytes = 256;

    /// <summary>Maximum length of all copied fields of a request together.</summary>
    private const int MaxHeaderBytes = 1024;

    private readonly ConcurrentQueue<Chunk> _free = new();
    private readonly BlockingCollection<Chunk> _full = new(MaxChunks);
    private readonly TextPool _texts = new();
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Ring-buffer thread only.
    private Chunk? _current;
    private int _made;
    private bool _isStarted;

    /// <summary>Ring-buffer thread only.</summary>
    /// <param name="sample">Id of its sample; 0 if absent.</param>
    public void Offer(in Exchange exchange, PeerPair peers, string? rule, SampledAs sampledAs, ulong sample, long wallOffsetNanoseconds)
    {
        if (CurrentChunk() is not { } chunk)
        {
            table.CountNotTaken(1);
            return;
        }

        var connection = exchange.Connection;
        ref var record = ref chunk.Records[chunk.Count++];
        record.Key = exchange.JoinKey;
        record.MethodBytes = chunk.Put(exchange.Method, MaxMethodBytes);
        record.TargetBytes = chunk.Put(exchange.Target, MaxTargetBytes);
        record.HostBytes = chunk.Put(exchange.Host, MaxHostBytes);
        record.HeaderBytes = copied.Count == 0 ? 0 : PutHeaders(chunk, exchange.Request.FieldLines.Of(exchange.RequestHeadBytes));
        ref var row = ref record.Row;
        row.StartNanoseconds = exchange.StartNanoseconds + wallOffsetNanoseconds;
        row.DurationNanoseconds = exchange.DurationNanoseconds;
        row.TimeToFirstByteNanoseconds = exchange.TimeToFirstByteNanoseconds;
        row.Phases = exchange.Outcome == ExchangeOutcome.Unanswered ? default : exchange.Phases;
        row.Outcome = exchange.Outcome;
        row.EndedBy = exchange.EndedBy;
        row.Role = connection.Role;
        row.Status = exchange.Status;
        row.ProcessId = connection.Process.Id;
        row.Process = connection.Process.Name;
        row.Peer = peers.Remote.Name;
        row.Local = connection.LocalText;
        row.Remote = connection.RemoteText;
        row.Rule = rule ?? "";
        row.RequestBytes = exchange.RequestBytes;
        row.ResponseBytes = exchange.ResponseBytes;
        row.RoundTripMicroseconds = exchange.RoundTripMicroseconds;
        row.Retransmissions = exchange.Retransmissions;
        row.SampledAs = sampledAs;
        row.Pairing = exchange.Pairing;
        row.Sample = sample;
    }

    /// <summary>Submits the current chunk. Ring-buffer thread only, periodically and at the end.</summary>
    public void Flush()
    {
        if (_current is not { Count: > 0 } chunk) return;
        _current = null;
        _full.Add(chunk); // cannot block: the capacity equals the number of chunks
    }

    /// <summary>Completes when everything that was submitted is in the table. Call it after the ring-buffer thread has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _full.CompleteAdding();
        if (_isStarted) await _read.Task.ConfigureAwait(false);
    }

    public void Start()
    {
        _isStarted = true;
        new Thread(Read) { IsBackground = true, Name = "page" }.Start();
    }

    private void Read()
    {
        try
        {
            foreach (var chunk in _full.GetConsumingEnumerable())
            {
                Take(chunk);
                _free.Enqueue(chunk);
            }

            _read.SetResult();
        }
        catch (Exception fault)
        {
            _read.SetException(fault);
        }
    }

    private void Take(Chunk chunk)
    {
        int at = 0;
        for (int i = 0; i < chunk.Count; i++)
        {
            ref var record = ref chunk.Records[i];
            record.Row.Method = _texts.Of(Next(record.MethodBytes));
            var target = Next(record.TargetBytes);
            record.Row.Target = redactor.MayChange(target) ? redactor.Target(Encoding.UTF8.GetString(target)) : _texts.Of(target);
            record.Row.Host = _texts.Of(Next(record.HostBytes));
            record.Row.Headers = record.HeaderBytes == 0 ? null : Headers(Next(record.HeaderBytes));
            table.Add(ref record.Row, record.Key);
        }

        chunk.Clear();

        ReadOnlySpan<byte> Next(int length)
        {
            at += length;
            return chunk.Bytes.AsSpan(at - length, length);
        }
    }

    // As they were sent: index of the field, length, value. Fields without room are left out.
    private int PutHeaders(Chunk chunk, ReadOnlySpan<byte> fieldLines)
    {
        int used = 0;
        Span<byte> prefix = stackalloc byte[3];
        for (int i = 0; i < copied.Count; i++)
        {
            if (!copied.TryFind(i, fieldLines, out var value)) continue;
            if (value.Length > CopiedFields.MaxValueBytes) value = value[..CopiedFields.MaxValueBytes];
            if (used + prefix.Length + value.Length > MaxHeaderBytes) break;
            prefix[0] = (byte)i; // at most 32 tasks with 8 fields each
            BinaryPrimitives.WriteUInt16LittleEndian(prefix[1..], (ushort)value.Length);
            used += chunk.Put(prefix, prefix.Length) + chunk.Put(value, value.Length);
        }

        return used;
    }

    private string Headers(ReadOnlySpan<byte> fields)
    {
        var text = new StringBuilder();
        while (!fields.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(fields[1..]);
            text.Append(copied.NameOf(fields[0])).Append(": ").Append(copied.Show(fields[0], fields.Slice(3, length))).Append('\n');
            fields = fields[(3 + length)..];
        }

        return text.ToString();
    }

    // Null if all chunks are in transit.
    private Chunk? CurrentChunk()
    {
        if (_current is { } current)
        {
            if (current.HasRoom) return current;
            Flush();
        }

        while (true)
        {
            if (_free.TryDequeue(out var free)) return _current = free;
            if (_made < MaxChunks)
            {
                _made++;
                return _current = new Chunk();
            }

            if (!isPatient) return null;
            Thread.Sleep(1);
        }
    }

    private struct Record
    {
        public RequestRow Row;
        public JoinKey? Key;
        public int MethodBytes;
        public int TargetBytes;
        public int HostBytes;
        public int HeaderBytes;
    }

    private sealed class Chunk
    {
        public readonly Record[] Records = new Record[ChunkRows];
        public readonly byte[] Bytes = new byte[ChunkBytes];
        private int _used;

        public int Count;

        public bool HasRoom => Count < ChunkRows && ChunkBytes - _used >= MaxMethodBytes + MaxTargetBytes + MaxHostBytes + MaxHeaderBytes;

        public int Put(ReadOnlySpan<byte> text, int most)
        {
            if (text.Length > most) text = text[..most];
            text.CopyTo(Bytes.AsSpan(_used));
            _used += text.Length;
            return text.Length;
        }

        public void Clear()
        {
            Array.Clear(Records, 0, Count); // releases names and addresses of connections
            Count = _used = 0;
        }
    }
}
