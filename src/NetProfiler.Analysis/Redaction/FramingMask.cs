namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// Masks the bytes between and after chunks. Each line keeps its leading hexadecimal digits (the chunk size) and its first colon (that of a
/// trailer).
/// </summary>
internal sealed class FramingMask
{
    private bool _isSize;
    private bool _hasColon;

    public void Begin() => (_isSize, _hasColon) = (true, false);

    public void Mask(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            if (one == '\n')
            {
                Begin();
                continue;
            }

            if (one is <= 0x20 or 0x7F or (byte)';') continue;
            _isSize &= char.IsAsciiHexDigit((char)one);
            if (_isSize) continue;
            if (one == ':' && !_hasColon) _hasColon = true;
            else one = (byte)'*';
        }
    }
}
