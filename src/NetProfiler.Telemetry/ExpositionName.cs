namespace NetProfiler.Telemetry;

/// <summary>Valid names of metrics and labels: <c>[a-zA-Z_][a-zA-Z0-9_]*</c>. Colons are reserved for recording rules.</summary>
internal static class ExpositionName
{
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0])) return false;

        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit(character) && character != '_') return false;

        return true;
    }
}
