using System.Buffers;
using System.Globalization;

namespace NetProfiler.Telemetry;

/// <summary>Appends many small pieces to a buffer writer, and calls it only once per chunk.</summary>
internal ref struct Utf8Appender(IBufferWriter<byte> output)
{
    private const int ChunkBytes = 4096;
    private const int MaxNumberBytes = 32;

    private Span<byte> _chunk;
    private int _used;

    public void Append(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        _used += text.Length;
    }

    public void Append(long number)
    {
        number.TryFormat(Reserve(MaxNumberBytes), out var bytes);
        _used += bytes;
    }

    /// <summary>Appends the shortest text that parses back to the same number.</summary>
    public void Append(double number)
    {
        if (double.IsNaN(number)) Append("NaN"u8);
        else if (double.IsPositiveInfinity(number)) Append("+Inf"u8);
        else if (double.IsNegativeInfinity(number)) Append("-Inf"u8);
        else
        {
            number.TryFormat(Reserve(MaxNumberBytes), out var bytes, provider: CultureInfo.InvariantCulture);
            _used += bytes;
        }
    }

    public void Flush()
    {
        if (_used > 0) output.Advance(_used);
        _chunk = default;
        _used = 0;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_chunk.Length - _used < bytes)
        {
            Flush();
            _chunk = output.GetSpan(Math.Max(bytes, ChunkBytes));
        }

        return _chunk[_used..];
    }
}
