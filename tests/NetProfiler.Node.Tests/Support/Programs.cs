namespace NetProfiler.Node.Tests.Support;

/// <summary>The servers and clients that are profiled.</summary>
internal static class Programs
{
    /// <summary>This very assembly as a program: Kestrel and HttpClient.</summary>
    public static string TestAssembly { get; } = Path.ChangeExtension(typeof(Programs).Assembly.Location, null);

    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "Programs", name);
}
