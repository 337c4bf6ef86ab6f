using System.Text.Json;

namespace NetProfiler.Capture.Tests.Support;

/// <summary>A structure as an object's BTF has it: its size, and where its members are.</summary>
internal sealed record BtfStruct(int Size, IReadOnlyDictionary<string, int> Offsets);

/// <summary>The types of a compiled object, read by bpftool.</summary>
internal sealed class TypeInformation
{
    private TypeInformation(string json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var type in document.RootElement.GetProperty("types").EnumerateArray())
        {
            string name = type.GetProperty("name").GetString()!;
            switch (type.GetProperty("kind").GetString())
            {
                case "STRUCT":
                    Structs[name] = new BtfStruct(type.GetProperty("size").GetInt32(), type.GetProperty("members").EnumerateArray()
                        .ToDictionary(member => member.GetProperty("name").GetString()!,
                            member => member.GetProperty("bits_offset").GetInt32() / 8));
                    break;
                case "ENUM":
                    Enums[name] = type.GetProperty("values").EnumerateArray()
                        .ToDictionary(value => value.GetProperty("name").GetString()!, value => value.GetProperty("val").GetInt64());
                    break;
            }
        }
    }

    public Dictionary<string, BtfStruct> Structs { get; } = [];

    public Dictionary<string, IReadOnlyDictionary<string, long>> Enums { get; } = [];

    public static TypeInformation OfObject(string path) => new(Tool.Run("bpftool", "btf", "dump", "file", path, "format", "raw", "-j"));

    /// <summary>Of programs/abi.c, compiled against the kernel side's own headers.</summary>
    public static TypeInformation OfHeaders(string headers)
    {
        string compiled = Path.GetTempFileName();
        try
        {
            Tool.Run("clang", "-O2", "-g", "-target", "bpf", "-D__TARGET_ARCH_x86", "-I", headers, "-c",
                Path.Combine(AppContext.BaseDirectory, "programs", "abi.c"), "-o", compiled);
            return OfObject(compiled);
        }
        finally
        {
            File.Delete(compiled);
        }
    }

    public static TypeInformation OfEmbedded(string name)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, CaptureSession.ReadObject(name));
            return OfObject(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
