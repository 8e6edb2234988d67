#include "common/program/threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

/* Runs until the caller has started all. */
static void *wait_for_all(void *argument)
{
    pthread_mutex_t *started = argument;
    pthread_mutex_lock(started);
    pthread_mutex_unlock(started);
    return NULL;
}

size_t threads_allowed(size_t wanted)
{
    pthread_t threads[THREADS_MAX];
    pthread_mutex_t started = PTHREAD_MUTEX_INITIALIZER;
    size_t count = 0;
    int error = 0;
    assert(wanted <= THREADS_MAX);
    pthread_mutex_lock(&started);
    while (count < wanted && error == 0) {
        error = pthread_create(&threads[count], NULL, wait_for_all, &started);
        count += error == 0 ? 1 : 0;
    }
    pthread_mutex_unlock(&started);
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    errno = error;
    return count;
}
