using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace NetProfiler.Telemetry.Tests.Export;

/// <summary>Compares with a file of golden/. UPDATE_GOLDEN=1 writes them instead, to be read before they are committed.</summary>
internal static class Golden
{
    public static void Equal(string name, string actual, [CallerFilePath] string here = "")
    {
        Assert.DoesNotContain(Samples.Secret, actual, StringComparison.Ordinal);
        string path = Path.Combine(Path.GetDirectoryName(here)!, "..", "golden", name);
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>A message of protocol buffers by field number, without the generated code: as protoc --decode_raw has it.</summary>
    public static string Raw(ReadOnlySpan<byte> message, int indent = 0)
    {
        var text = new StringBuilder();
        while (!message.IsEmpty)
        {
            ulong key = Varint(ref message);
            text.Append(' ', indent * 2).Append(key >> 3);
            switch (key & 7)
            {
                case 0: text.Append($": {Varint(ref message)}\n"); break;
                case 1: text.Append($": 0x{BinaryPrimitives.ReadUInt64LittleEndian(message):x16}\n"); message = message[8..]; break;
                case 5: text.Append($": 0x{BinaryPrimitives.ReadUInt32LittleEndian(message):x8}\n"); message = message[4..]; break;
                case 2:
                    int length = (int)Varint(ref message);
                    text.Append(Field(message[..length], indent)).Append('\n');
                    message = message[length..];
                    break;
                default: throw new InvalidDataException();
            }
        }

        return text.ToString();
    }

    // Text where it is printable, else a message, else bytes.
    private static string Field(ReadOnlySpan<byte> bytes, int indent)
    {
        bool isText = bytes.IndexOfAnyInRange((byte)0, (byte)8) < 0 && bytes.IndexOfAnyInRange((byte)14, (byte)31) < 0
            && System.Text.Unicode.Utf8.IsValid(bytes) && !(bytes.Length > 1 && bytes[0] == '\n');
        if (isText) return $": \"{Encoding.UTF8.GetString(bytes).Replace("\r", "\\r").Replace("\n", "\\n")}\"";
        try
        {
            return $" {{\n{Raw(bytes, indent + 1)}{new string(' ', indent * 2)}}}";
        }
        catch (Exception fault) when (fault is InvalidDataException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return $": 0x{Convert.ToHexStringLower(bytes)}";
        }
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte one = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) return value;
        }

        throw new InvalidDataException();
    }
}
