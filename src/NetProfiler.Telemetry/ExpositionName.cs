namespace NetProfiler.Telemetry;

/// <summary>What metrics and labels may be called: <c>[a-zA-Z_][a-zA-Z0-9_]*</c>. Colons are left to recording rules.</summary>
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
