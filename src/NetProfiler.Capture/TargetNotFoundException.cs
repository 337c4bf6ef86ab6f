namespace NetProfiler.Capture;

/// <summary>A named target does not exist; the message contains its name.</summary>
public sealed class TargetNotFoundException(string message) : Exception(message);
