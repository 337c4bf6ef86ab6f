using System.Buffers.Binary;
using System.Diagnostics;
using NetProfiler.Analysis.Redaction;

namespace NetProfiler.Capture.Recordings;

/// <summary>Masks, in place, the secrets in the captured bytes of a buffer's records.</summary>
internal sealed class RecordingMasker(RedactionPolicy redaction)
{
    private const int LengthBytes = 4;

    private readonly EventMasker _masker = new(redaction);

    /// <param name="records">Whole records, as written by <see cref="RecordWriter"/>.</param>
    public void Mask(Span<byte> records)
    {
        while (!records.IsEmpty)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(records);
            MaskRecord(records.Slice(LengthBytes, length));
            records = records[(LengthBytes + length)..];
        }
    }

    private void MaskRecord(Span<byte> record)
    {
        var decoder = new RecordDecoder(record);
        var kind = (RecordKind)decoder.Byte();
        long noTime = 0;
        switch (kind)
        {
            case RecordKind.Open:
                var open = RecordReading.Open(ref decoder);
                _masker.OnOpen(open.Connection, open.FromStart);
                break;
            case RecordKind.Data:
                var data = RecordReading.Data(ref decoder, ref noTime);
                _masker.Mask(data, record[^data.Bytes.Length..]);
                break;
            case RecordKind.Stream:
                var stream = RecordReading.Stream(ref decoder, ref noTime);
                _masker.OnOpen(stream.Connection, stream.FromStart);
                break;
            case RecordKind.StreamEnd:
                _masker.OnClose(decoder.Number(), _latestNanoseconds);
                break;
            case RecordKind.Time:
                _latestNanoseconds = decoder.Signed();
                break;
            case RecordKind.Close:
                _masker.OnClose(decoder.Number(), _latestNanoseconds);
                break;
            case RecordKind.Gone:
                _masker.Forget(decoder.Number());
                break;
        }

        Debug.Assert(decoder.IsWhole, "we wrote it");
    }

    // The latest absolute time: exact enough to remove connections that ended long before.
    private long _latestNanoseconds;
}
