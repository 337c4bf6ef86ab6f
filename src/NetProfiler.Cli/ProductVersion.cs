using System.Reflection;

namespace NetProfiler.Cli;

/// <summary>The version of the executables.</summary>
public static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? "unknown";
}
