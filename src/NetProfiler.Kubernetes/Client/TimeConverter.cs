using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Kubernetes' Time: RFC 3339, whole seconds, UTC. Any fraction and offset is read.</summary>
public sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}

/// <summary>Kubernetes' MicroTime: the same with exactly six digits of a second, which the server insists on.</summary>
public sealed class MicroTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}

/// <summary>
/// The times of the library's models, in UTC. They are Time or MicroTime, which the models do not tell: a time with a fraction is written
/// with six digits, one without as whole seconds. A MicroTime must therefore never be a whole second (<see cref="MicroTime"/>).
/// </summary>
public sealed class DateTimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        var time = value.ToUniversalTime();
        writer.WriteStringValue(time.Ticks % TimeSpan.TicksPerSecond == 0
            ? time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : MicroTime.Text(time));
    }
}

/// <summary>Times for fields of the library's models that are MicroTime on the server.</summary>
public static class MicroTime
{
    /// <summary>
    /// As precise as the server keeps it; a whole second becomes the microsecond after, since without a fraction it would be refused.
    /// </summary>
    public static DateTime Of(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond;
        return new DateTime(ticks % TimeSpan.TicksPerSecond == 0 ? ticks + TimeSpan.TicksPerMicrosecond : ticks, DateTimeKind.Utc);
    }

    /// <summary>As JSON has it.</summary>
    public static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
