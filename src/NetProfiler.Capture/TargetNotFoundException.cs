namespace NetProfiler.Capture;

/// <summary>A target was named that does not exist; the message names it.</summary>
public sealed class TargetNotFoundException(string message) : Exception(message);
